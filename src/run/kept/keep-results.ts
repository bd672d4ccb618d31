import { ToolError } from "../../core/tool-error.ts";
import {
  type CallingRun,
  type HandleMaker,
  labelOf,
  type Middleware,
  type ToolCall,
} from "../../tools/tool-call.ts";
import { hasMethods } from "../object-methods.ts";
import { copyOf } from "./copy-value.ts";
import { KeptResult, KeptTask, type Weight } from "./kept-result.ts";
import { RunWork } from "./run-work.ts";

const works = new WeakMap<CallingRun, RunWork>();

/** The link that leaves results on the host where the program asks for a handle, and carries out what it asks of them. */
export const keepResults: Middleware = async (call, next) => {
  const result = await next(call);
  const { value } = result;
  if (value instanceof KeptTask) return { value: admit(await value.run(call, workOf(call)), call) };
  if (call.keeps === true) return { value: await keep(value, call) };
  return value instanceof KeptResult ? { value: admit(value, call) } : result;
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
  if (value instanceof KeptResult) return admit(value, call);
  if (hasMethods(value)) return value;
  const { limits, handles } = call.run;
  const label = labelOf(call);
  // One after the other: what is left for one is known when those before have been counted.
  return await workOf(call).do(call, function* () {
    const caps = {
      bytes: Math.max(0, limits.keptBytes - weightOf(handles)),
      depth: limits.valueDepth,
    };
    const { value: copied, bytes } = yield* copyOf(value, caps, label);
    return admit(new KeptResult(label, copied, [{ bytes }]), call);
  });
}

/** Gives a new handle its place in the run. @throws ToolError `output_limit` over the run's caps */
function admit(value: unknown, call: ToolCall): unknown {
  if (!(value instanceof KeptResult)) return value;
  const { limits, handles } = call.run;
  if (weightOf(handles, value) > limits.keptBytes)
    throw new ToolError(
      "output_limit",
      `what the run leaves on the host would take more than ${limits.keptBytes} bytes`,
      { hint: "Close handles that are done with: `await using h = …`, or `await h.close()`." },
    );
  handles?.make(value, false, call.server, call.tool);
  return value;
}

/** Memory of all that is kept, about; of `added` too. */
function weightOf(handles: HandleMaker | undefined, added?: KeptResult): number {
  const weights = new Set<Weight>(added?.weights);
  for (const object of handles?.objects() ?? [])
    if (object instanceof KeptResult) for (const weight of object.weights) weights.add(weight);
  let bytes = 0;
  for (const weight of weights) bytes += weight.bytes;
  return bytes;
}
