/** Records the calls between a runtime and a server, as the server sent their results. */
import { setTimeout as sleep } from "node:timers/promises";
import type { McpClient } from "../../index.ts";

/**
 * Delay of every result: of calls that a program makes at once, the last must begin before the first ends, even on a
 * busy machine. Otherwise they would be counted as several turns of direct calling.
 */
const HOLD_MS = 25;

type Json = Readonly<Record<string, unknown>>;

/** A tool as listed by `tools/list`. */
export interface ListedTool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: unknown;
}

/** The result of a tool call. */
export interface Answer {
  /** The text for a model: of the result, or of the error. */
  readonly content: string;
  readonly isError: boolean;
  /** Number of parts without text, such as images; they are not counted as tokens. */
  readonly media: number;
}

/** One call of a program. */
export interface RecordedCall extends Answer {
  readonly server: string;
  readonly tool: string;
  readonly args: unknown;
  /** Positions in the order of all beginnings and ends. */
  readonly begun: number;
  readonly ended: number;
}

/** The calls of all servers of a world, in the order in which they began. */
export class Recorder {
  #clock = 0;
  #calls: RecordedCall[] = [];
  #refused: number | undefined;

  /** Next position in the order. */
  tick(): number {
    return this.#clock++;
  }

  add(call: RecordedCall): void {
    this.#calls.push(call);
  }

  /** Admits a call. @throws Error while calls are refused, after counting it */
  admit(): void {
    if (this.#refused === undefined) return;
    this.#refused++;
    throw new Error("calls are refused during a failed attempt");
  }

  /** Refuses all calls while `work` runs, and returns how many were refused. */
  async refusing(work: () => Promise<void>): Promise<number> {
    this.#refused = 0;
    try {
      await work();
      return this.#refused;
    } finally {
      this.#refused = undefined;
    }
  }

  /** Returns the calls since the last `take`, in the order of their beginnings. */
  take(): RecordedCall[] {
    const calls = this.#calls.toSorted((a, b) => a.begun - b.begun);
    this.#calls = [];
    return calls;
  }
}

/** A connected client whose tool lists and calls are recorded. */
export class Tap implements McpClient {
  readonly server: string;
  fallbackNotificationHandler: ((notification: never) => Promise<void>) | undefined;
  readonly #client: McpClient;
  readonly #recorder: Recorder;
  #tools: ListedTool[] = [];
  /** The result schema of the runtime's requests, for requests of the tap itself. */
  #schema: never = undefined as never;

  constructor(server: string, client: McpClient, recorder: Recorder) {
    this.server = server;
    this.#client = client;
    this.#recorder = recorder;
    const before = client.fallbackNotificationHandler;
    client.fallbackNotificationHandler = async (notification) => {
      await this.fallbackNotificationHandler?.(notification);
      await before?.call(client, notification);
    };
  }

  /** As last listed. */
  get tools(): readonly ListedTool[] {
    return this.#tools;
  }

  getInstructions(): string | undefined {
    return this.#client.getInstructions?.();
  }

  async request(
    request: { method: string; params?: Record<string, unknown> },
    schema: never,
    options?: Record<string, unknown>,
  ): Promise<unknown> {
    this.#schema = schema;
    const { method, params = {} } = request;
    if (method === "tools/call") this.#recorder.admit();
    const begun = this.#recorder.tick();
    const answer = this.#client.request(request, schema, options) as Promise<Json>;
    if (method === "tools/call") return await this.#recorded(params, begun, answer);
    const { tools } = await answer.then((list) => list ?? {});
    if (method === "tools/list" && Array.isArray(tools)) {
      if (params["cursor"] === undefined) this.#tools = [];
      this.#tools.push(...(tools as ListedTool[]));
    }
    return await answer;
  }

  /** Calls a tool as a host with direct calling does. Never rejects: a failure is a result, too. */
  async call(tool: string, args: unknown): Promise<Answer> {
    const params = { name: tool, arguments: args as Record<string, unknown> };
    return await this.#client
      .request({ method: "tools/call", params }, this.#schema)
      .then((result) => readable(result as Json), failed);
  }

  async #recorded(
    { name, arguments: args }: Json,
    begun: number,
    answer: Promise<Json>,
  ): Promise<Json> {
    const read = await answer.then(readable, failed);
    await sleep(HOLD_MS);
    const ended = this.#recorder.tick();
    this.#recorder.add({ server: this.server, tool: String(name), args, ...read, begun, ended });
    return await answer;
  }
}

function failed(error: unknown): Answer {
  return {
    content: error instanceof Error ? error.message : String(error),
    isError: true,
    media: 0,
  };
}

/** The text that a host shows a model: the texts of the content; `structuredContent` only without content. */
function readable(result: Json): Answer {
  const { content, structuredContent } = result;
  const isError = result["isError"] === true;
  const parts = Array.isArray(content) ? (content as Json[]) : [];
  if (parts.length === 0) {
    const data = structuredContent === undefined ? "" : JSON.stringify(structuredContent);
    return { content: data, isError, media: 0 };
  }
  const texts = parts.map(partText).filter((text) => text !== undefined);
  return { content: texts.join("\n"), isError, media: parts.length - texts.length };
}

function partText(part: Json): string | undefined {
  if (typeof part["text"] === "string") return part["text"];
  if (part["type"] === "resource_link") return JSON.stringify(part);
  const resource = part["resource"] as Json | undefined;
  return typeof resource?.["text"] === "string" ? resource["text"] : undefined;
}
