import { ToolError } from "../../core/tool-error.ts";
import { type CallingRun, labelOf, type Middleware, type ToolCall } from "../../tools/tool-call.ts";
import { hasMethods } from "../object-methods.ts";
import { copyOf } from "./copy-value.ts";
import { OpenResults } from "./kept-bytes.ts";
import { KeptResult, KeptTask } from "./kept-result.ts";
import { RunWork } from "./run-work.ts";

const works = new WeakMap<CallingRun, RunWork>();
const open = new WeakMap<object, OpenResults>();

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
  const own = openOf(call);
  using growth = own.growth(limits.keptBytes);
  // One after the other: what is left for one is known when those before have been counted.
  const work = workOf(call).do(call, function* () {
    const bytes = Math.max(0, limits.keptBytes - own.bytes);
    const caps = { bytes, depth: limits.valueDepth, onGrowth: growth.to };
    const copied = yield* copyOf(value, caps, label);
    return new KeptResult(label, copied.value, [{ bytes: copied.bytes }], own);
  });
  try {
    return await work;
  } catch (error) {
    // What is only too large is data, and to look through it would take long.
    const isLarge = ["output_limit", "quota_exceeded"];
    if (!(error instanceof ToolError && isLarge.includes(error.code)))
      call.run.handles?.discard(value, { server: call.server, tool: call.tool });
    throw error;
  }
}

/** @throws ToolError `output_limit`, `quota_exceeded` over a cap */
async function admit(value: unknown, call: ToolCall): Promise<unknown> {
  if (!(value instanceof KeptResult)) return value;
  try {
    openOf(call).check(call.run.limits.keptBytes);
    return value;
  } catch (error) {
    await value[Symbol.asyncDispose]();
    throw error;
  }
}

/** Those that are open, of a run or of its session. */
function openOf({ run }: ToolCall): OpenResults {
  const key = run.handles ?? run;
  const known = open.get(key);
  if (known !== undefined) return known;
  const made = new OpenResults(run.caller.user);
  open.set(key, made);
  return made;
}
