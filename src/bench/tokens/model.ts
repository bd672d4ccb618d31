/** Lets a model do the workloads itself: counts its tokens and checks the outcome. */
import { agentTools } from "../../agent/agent-tools.ts";
import type { ModelAdapter, ModelReply } from "./adapter.ts";
import { isDone, reader } from "./code.ts";
import { countTranscript, type Tokens } from "./count.ts";
import { asked, type Definition, type Entry, type Exchange, turn } from "./messages.ts";
import { startContext } from "./tool-search.ts";
import { directName, type OpenWorld } from "./open-world.ts";
import type { ModelRun } from "./results.ts";
import type { Outcome, Workload } from "./workload.ts";

/** Replies after which a conversation is ended as not solved. */
const MAX_REPLIES = 40;

/** The tools of one way, and how they are called. */
interface Kit {
  readonly system: string;
  readonly tools: readonly Definition[];
  call(name: string, input: unknown): Promise<Exchange>;
  /** Values of the programs that succeeded. */
  readonly values: readonly unknown[];
}

/** Lets `model` do `workload` in one way. Never rejects because of the model. */
export async function runModel(
  world: OpenWorld,
  worldId: string,
  workload: Workload,
  way: "direct" | "code",
  model: ModelAdapter,
  tokenizers: readonly Tokens[],
): Promise<ModelRun> {
  await workload.prepare?.();
  const kit = way === "direct" ? directKit(world) : await codeKit(world);
  const talk = await converse(kit, workload.task, model);
  const outcome: Outcome = { text: talk.text, values: kit.values, read: reader(world) };
  const reason = talk.problem ?? (await complaint(workload, outcome));
  const catalogue = `${JSON.stringify(kit.tools)}\n${kit.system}`;
  const transcript = { catalogue, entries: talk.entries };
  return {
    world: worldId,
    workload: workload.id,
    way,
    solved: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    counts: Object.fromEntries(
      tokenizers.map((tokens) => [tokens.name, countTranscript(tokens, transcript)]),
    ),
    ...(talk.usage === undefined ? {} : { usage: talk.usage }),
  };
}

interface Talk {
  readonly entries: readonly Entry[];
  readonly text: string;
  readonly usage: ModelReply["usage"];
  /** Why the conversation was not completed. */
  readonly problem?: string;
}

async function converse(kit: Kit, task: string, model: ModelAdapter): Promise<Talk> {
  const entries: Entry[] = [asked(task)];
  let usage: ModelReply["usage"];
  for (let replies = 0; replies < MAX_REPLIES; replies++) {
    const { system, tools } = kit;
    const messages = entries.map(({ message }) => message);
    let reply: ModelReply;
    try {
      reply = await model.complete({ system, tools, messages });
    } catch (error) {
      return { entries, text: "", usage, problem: `the model failed: ${String(error)}` };
    }
    usage = added(usage, reply.usage);
    const uses = reply.content.filter((block) => block.type === "tool_use");
    if (uses.length === 0) return { entries, text: textOf(reply), usage };
    const exchanges = await Promise.all(uses.map(({ name, input }) => kit.call(name, input)));
    entries.push(...answered(reply, exchanges));
  }
  return { entries, text: "", usage, problem: `no end after ${MAX_REPLIES} replies` };
}

/** The unchanged reply, then the results with its ids. */
function answered({ content }: ModelReply, exchanges: readonly Exchange[]): Entry[] {
  const isSearch = exchanges.every(({ name }) => /^(search_tools|get_tool_details)$/.test(name));
  const isProgram = exchanges.some(({ name }) => name === "execute_code");
  const asking = isSearch ? "disclosure" : "program";
  const answering = isSearch ? "disclosure" : isProgram ? "value" : "results";
  const [, results] = turn(exchanges, asking, answering);
  const uses = content.filter((block) => block.type === "tool_use");
  const blocks = results!.message.content.map((block, at) =>
    block.type === "tool_result" ? { ...block, tool_use_id: uses[at]!.id } : block,
  );
  return [
    { part: asking, message: { role: "assistant", content } },
    { part: answering, message: { role: "user", content: blocks } },
  ];
}

function directKit(world: OpenWorld): Kit {
  const owners = new Map(
    [...world.definitions()].flatMap(([server, tools]) => tools.map(({ name }) => [name, server])),
  );
  return {
    system: "",
    tools: [...world.definitions().values()].flat(),
    values: [],
    call: async (name, input) => {
      const server = owners.get(name);
      if (server === undefined)
        return { name, input, content: `there is no tool ${name}`, isError: true };
      const tool = name.slice(directName(server, "").length);
      const { content, isError } = await world.call(server, tool, input);
      return { name, input, content, isError };
    },
  };
}

async function codeKit(world: OpenWorld): Promise<Kit> {
  const tools = agentTools(world.runtime);
  const values: unknown[] = [];
  return {
    system: await startContext(world),
    tools: tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema,
    })),
    values,
    call: async (name, input) => {
      const tool = tools.find((each) => each.name === name);
      if (tool === undefined)
        return { name, input, content: `there is no tool ${name}`, isError: true };
      const answer = await tool.execute(input);
      if (answer.structured !== undefined && !answer.isError)
        values.push(answer.structured["value"]);
      return { name, input, content: answer.text, isError: answer.isError };
    },
  };
}

async function complaint({ check }: Workload, outcome: Outcome): Promise<string | undefined> {
  try {
    return (await isDone(check, outcome)) ? undefined : "the check did not accept what it answered";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function textOf({ content }: ModelReply): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

function added(a: ModelReply["usage"], b: ModelReply["usage"]): ModelReply["usage"] {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
}
