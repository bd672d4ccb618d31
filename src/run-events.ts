import { createHash, randomUUID } from "node:crypto";
import { isLimit } from "./core/breach.ts";
import { CodecellError } from "./core/errors.ts";
import type { CallRecord, ExecutionResult } from "./core/result.ts";
import { utf8Length } from "./core/utf8.ts";
import type { RunIdentity, RuntimeEmitter } from "./events.ts";
import type { FileAccess } from "./run-files.ts";
import type { NetworkRequest } from "./tools/tool.ts";

/** Tells the security events of one run. */
export class RunEvents {
  readonly runId = randomUUID();
  readonly #identity: RunIdentity;
  readonly #emitter: RuntimeEmitter;
  readonly #place: { readonly engine: string; readonly placement: string };

  constructor(
    emitter: RuntimeEmitter,
    place: { readonly engine: string; readonly placement: string },
    user: string | undefined,
    session: string | undefined,
  ) {
    this.#emitter = emitter;
    this.#place = place;
    this.#identity = {
      runId: this.runId,
      ...(user === undefined ? {} : { user }),
      ...(session === undefined ? {} : { session }),
    };
  }

  start(source: string): void {
    this.#emitter.emit("run_start", {
      ...this.#identity,
      ...this.#place,
      sourceHash: createHash("sha256").update(source).digest("hex"),
      sourceBytes: utf8Length(source),
    });
  }

  readonly denied = (denial: { readonly tool: string; readonly message: string }): void =>
    this.#emitter.emit("denied", { ...this.#identity, ...denial });

  readonly network = (request: NetworkRequest): void =>
    this.#emitter.emit("network", { ...this.#identity, ...request });

  readonly file = (access: FileAccess): void =>
    this.#emitter.emit("file", { ...this.#identity, ...access });

  /** It could not be carried out at all. */
  failed(error: unknown, wallMs: number): void {
    const code = CodecellError.is(error) ? error.code : "internal";
    const usage = { wallMs, cpuMs: 0, compileMs: 0, toolCalls: 0 };
    this.#emitter.emit("run_end", { ...this.#identity, ok: false, code, ...usage });
  }

  readonly call = (call: CallRecord): void =>
    this.#emitter.emit("call", { ...this.#identity, ...call });

  /** @param compileMs what of the time was spent on compiling */
  end(result: ExecutionResult, compileMs: number): void {
    const { wallMs, cpuMs, toolCalls } = result.usage;
    const usage = { wallMs, cpuMs, compileMs, toolCalls };
    if (result.ok) return this.#emitter.emit("run_end", { ...this.#identity, ok: true, ...usage });
    const { code, message } = result.error;
    if (isLimit(result.error)) this.#emitter.emit("limit", { ...this.#identity, code, message });
    if (code === "worker_crashed")
      this.#emitter.emit("worker_crash", { ...this.#identity, ...this.#place, message });
    this.#emitter.emit("run_end", { ...this.#identity, ok: false, code, ...usage });
  }
}
