import { ToolError } from "../../core/tool-error.ts";
import { type CallingRun, labelOf, type Middleware, type ToolCall } from "../../tools/tool-call.ts";
import { hasMethods } from "../object-methods.ts";
import { copyOf } from "./copy-value.ts";
import { KeptResult, KeptTask, type Weight } from "./kept-result.ts";
import { RunWork } from "./run-work.ts";

const works = new WeakMap<CallingRun, RunWork>();
const open = new WeakMap<object, Set<KeptResult>>();

/** The link that leaves results on the host where the program asks for a handle, and carries out what it asks of them. */
export const keepResults: Middleware = async (call, next) => {
  const result = await next(call);
  const { value } = result;
  const found = value instanceof KeptTask ? await value.run(call, workOf(call)) : value;
  if (call.keeps === true) return { value: await keep(found, call) };
  return found === value ? result : { value: await admit(found, call) };
};

function workOf({ run }: ToolCall): RunWork {
  const known = works.get(run);
  if (known !== undefined) return known;
  const made = new RunWork();
  works.set(run, made);
  return made;
}

/** What is a handle already stays that handle. */
async function keep(value: unknown, call: ToolCall): Promise<unknown> {
  if (value instanceof KeptResult) return await admit(value, call);
  if (hasMethods(value)) return value;
  const { limits } = call.run;
  const label = labelOf(call);
  // One after the other: what is left for one is known when those before have been counted.
  const work = workOf(call).do(call, function* () {
    const all = openOf(call);
    const bytes = Math.max(0, limits.keptBytes - weightOf(all));
    const copied = yield* copyOf(value, { bytes, depth: limits.valueDepth }, label);
    return new KeptResult(label, copied.value, [{ bytes: copied.bytes }], all);
  });
  try {
    return await work;
  } catch (error) {
    // What is only too large is data, and to look through it would take long.
    if (!(error instanceof ToolError && error.code === "output_limit"))
      call.run.handles?.discard(value, { server: call.server, tool: call.tool });
    throw error;
  }
}

/** @throws ToolError `output_limit` over the run's cap */
async function admit(value: unknown, call: ToolCall): Promise<unknown> {
  const { keptBytes } = call.run.limits;
  if (!(value instanceof KeptResult) || weightOf(openOf(call)) <= keptBytes) return value;
  await value[Symbol.asyncDispose]();
  throw new ToolError(
    "output_limit",
    `what the run leaves on the host would take more than ${keptBytes} bytes (keptBytes)`,
    { hint: "Close handles that are done with: `await using h = …`, or `await h.close()`." },
  );
}

/** Those that are open, of a run or of its session. */
function openOf({ run }: ToolCall): Set<KeptResult> {
  const key = run.handles ?? run;
  const known = open.get(key);
  if (known !== undefined) return known;
  const made = new Set<KeptResult>();
  open.set(key, made);
  return made;
}

/** Memory of all that is kept, about. */
function weightOf(results: Iterable<KeptResult>): number {
  const weights = new Set<Weight>();
  for (const result of results) for (const weight of result.weights) weights.add(weight);
  let bytes = 0;
  for (const weight of weights) bytes += weight.bytes;
  return bytes;
}
