import { outsideRuns } from "../core/async-context.ts";
import { RuntimeEmitter } from "../core/events.ts";
import { openPlace } from "../placement/open-place.ts";
import type { SessionStore } from "../session/store.ts";
import { openStore } from "../session/stores/open.ts";
import { StoredSessions } from "../session/stores/stored-sessions.ts";
import { type Counter, openCounter } from "../tokens/counter.ts";
import { TokenLedger } from "../tokens/ledger.ts";
import type { ResolvedOptions, RuntimeOptions } from "./options.ts";
import { Problems } from "./problems.ts";
import { resolveOptions } from "./resolve-options.ts";
import { Runtime } from "./runtime.ts";
import { openToolbox, type Toolbox } from "./toolbox.ts";
import { unawaited } from "./unawaited.ts";

/**
 * Starts a runtime: connects the tools, starts the engine. A server that is slow or does not start is not an error: see
 * {@link RuntimeOptions.startMs} and {@link Runtime.describe}.
 * @throws CodecellError `config_error` for bad options, `engine_unavailable`, `sandbox_unavailable`
 */
export function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return unawaited(start(options), Runtime.prototype, "createRuntime(…)");
}

async function start(options: RuntimeOptions): Promise<Runtime> {
  return await startRuntime(await resolveOptions(options));
}

/**
 * The same with options that were checked before.
 * @param stop ends the wait for servers
 * @internal for `codecell mcp`, which serves before there is a runtime
 */
export async function startRuntime(
  resolved: ResolvedOptions,
  stop?: AbortSignal,
): Promise<Runtime> {
  const { tokenizer } = resolved;
  const counter = tokenizer === undefined ? undefined : await openCounter(tokenizer);
  const emitter = new RuntimeEmitter();
  const parts = [
    outsideRuns(() => openPlace(resolved)),
    openToolbox(resolved, emitter, stop),
    outsideRuns(() => openSessionStore(resolved)),
  ] as const;
  const [place, toolbox, store] = await Promise.allSettled(parts);
  if (
    place.status === "fulfilled" &&
    toolbox.status === "fulfilled" &&
    store.status === "fulfilled"
  ) {
    const { notice } = place.value;
    if (notice !== undefined) new Problems(resolved.warn).tell(notice);
    return new Runtime(
      resolved,
      place.value,
      toolbox.value,
      store.value,
      emitter,
      counter && ledgerOf(counter, toolbox.value),
    );
  }
  if (place.status === "fulfilled") await place.value.place[Symbol.asyncDispose]();
  if (toolbox.status === "fulfilled") await toolbox.value[Symbol.asyncDispose]();
  if (store.status === "fulfilled") await store.value?.[Symbol.asyncDispose]();
  const failed = [place, toolbox, store].find(({ status }) => status === "rejected");
  throw (failed as PromiseRejectedResult).reason;
}

function ledgerOf(counter: Counter, toolbox: Toolbox): TokenLedger {
  const text = (): Promise<string> => toolbox.startContext();
  return new TokenLedger(counter, { version: () => toolbox.catalogue.names, text });
}

async function openSessionStore({
  sessions: { store, keepMs },
}: ResolvedOptions): Promise<SessionStore | undefined> {
  return store === undefined ? undefined : new StoredSessions(await openStore(store), keepMs);
}
