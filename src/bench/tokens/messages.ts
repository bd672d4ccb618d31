/** Conversations in the form of model APIs, and the counted text of each message. */

/** The values of {@link Part}. */
export const PARTS = [
  "catalogue",
  "task",
  "disclosure",
  "program",
  "results",
  "value",
  "failure",
] as const;

/**
 * The purpose of a message; the same in every way, so that ways can be compared. `catalogue`: tool definitions in every
 * request; `task`: the user's request; `disclosure`: searching for tools; `program`: calls or programs that do the job;
 * `results`: results of direct calls; `value`: what programs return; `failure`: a failed attempt.
 */
export type Part = (typeof PARTS)[number];

/** A content block of a message, in the form of the Anthropic Messages API. */
export type Block =
  | {
      /** A text. */
      readonly type: "text";
      /** The text itself. */
      readonly text: string;
    }
  | {
      /** A tool call of the model. */
      readonly type: "tool_use";
      /** Unique within the conversation. */
      readonly id: string;
      /** Name of the tool. */
      readonly name: string;
      /** Arguments of the call. */
      readonly input: unknown;
    }
  | {
      /** The result of a tool call. */
      readonly type: "tool_result";
      /** `id` of the `tool_use` block. */
      readonly tool_use_id: string;
      /** The result as text. */
      readonly content: string;
      /** Whether the call failed. @default false */
      readonly is_error?: boolean;
    };

/** A message of a conversation, in the form of the Anthropic Messages API. */
export interface Message {
  /** Author of the message; results of tools have the role `user`. */
  readonly role: "user" | "assistant";
  /** The blocks, in order. */
  readonly content: readonly Block[];
}

/** A message with its purpose. */
export interface Entry {
  readonly part: Part;
  readonly message: Message;
}

/** A conversation: the text that every request repeats, then the messages in order. */
export interface Transcript {
  /** The tool definitions and the rest of the system prompt. */
  readonly catalogue: string;
  readonly entries: readonly Entry[];
}

/** A tool definition, in the form of the Anthropic Messages API. */
export interface Definition {
  /** Name under which the model calls the tool. */
  readonly name: string;
  /** Description for the model. */
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly input_schema: unknown;
}

/** A tool call of a model with its result. */
export interface Exchange {
  readonly name: string;
  readonly input: unknown;
  readonly content: string;
  readonly isError: boolean;
}

/**
 * The counted text of a message: texts as they are, and for a tool call the JSON of its name and input. Ids and the
 * envelope of an API are never counted.
 */
export function messageText({ content }: Message): string {
  return content.map(blockText).join("\n");
}

function blockText(block: Block): string {
  if (block.type === "text") return block.text;
  if (block.type === "tool_result") return block.content;
  return JSON.stringify({ name: block.name, input: block.input });
}

/** One turn: the model calls tools in parallel and receives all results together. */
export function turn(exchanges: readonly Exchange[], asking: Part, answering: Part): Entry[] {
  const uses = exchanges.map(({ name, input }, at) => ({
    type: "tool_use" as const,
    id: `call_${at}`,
    name,
    input,
  }));
  const results = exchanges.map(({ content, isError }, at) => ({
    type: "tool_result" as const,
    tool_use_id: `call_${at}`,
    content,
    ...(isError ? { is_error: true } : {}),
  }));
  return [
    { part: asking, message: { role: "assistant", content: uses } },
    { part: answering, message: { role: "user", content: results } },
  ];
}

export function asked(task: string): Entry {
  return { part: "task", message: { role: "user", content: [{ type: "text", text: task }] } };
}
