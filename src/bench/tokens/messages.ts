/** Conversations as model APIs have them, and the text of each message that is counted. */

/** What a message is for. The same parts in every way, so that they can be compared. */
export const PARTS = [
  "catalogue",
  "task",
  "disclosure",
  "program",
  "results",
  "value",
  "failure",
] as const;
export type Part = (typeof PARTS)[number];

export type Block =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
    }
  | {
      readonly type: "tool_result";
      readonly tool_use_id: string;
      readonly content: string;
      readonly is_error?: boolean;
    };

export interface Message {
  readonly role: "user" | "assistant";
  readonly content: readonly Block[];
}

/** A message with its place in the account. */
export interface Entry {
  readonly part: Part;
  readonly message: Message;
}

/** What goes with every request, then the messages in order. */
export interface Transcript {
  /** Definitions of tools and what else stands in the system prompt. */
  readonly catalogue: string;
  readonly entries: readonly Entry[];
}

/** A tool as model APIs take it. */
export interface Definition {
  readonly name: string;
  readonly description?: string;
  readonly input_schema: unknown;
}

/** A tool that a model calls, and what it gets for it. */
export interface Exchange {
  readonly name: string;
  readonly input: unknown;
  readonly content: string;
  readonly isError: boolean;
}

/**
 * What is counted of a message: texts as they are, of a tool call the JSON of its name and input. Ids and what an API
 * puts around a message are left out everywhere.
 */
export function messageText({ content }: Message): string {
  return content.map(blockText).join("\n");
}

function blockText(block: Block): string {
  if (block.type === "text") return block.text;
  if (block.type === "tool_result") return block.content;
  return JSON.stringify({ name: block.name, input: block.input });
}

/** One turn: the model calls tools at once, and gets their results together. */
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
