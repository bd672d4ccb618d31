import type { Runtime, RuntimeOptions } from "../../src/index.ts";
import { demoTools } from "./demo-tools.ts";
import { createRuntime } from "./patient.ts";

/** Every engine in every place it fits. */
export const COMBINATIONS = [
  { engine: "v8", placement: "inline" },
  { engine: "v8", placement: "process" },
  { engine: "v8", placement: "sandbox" },
  { engine: "quickjs", placement: "inline" },
  { engine: "quickjs", placement: "thread" },
  { engine: "quickjs", placement: "process" },
  { engine: "quickjs", placement: "sandbox" },
] as const;

export type Combination = (typeof COMBINATIONS)[number];

/** A runtime with the demo tools. */
export async function startRuntime(
  combination: Combination,
  options: RuntimeOptions = {},
): Promise<Runtime> {
  return await createRuntime({ ...combination, tools: { demo: demoTools }, ...options });
}
