/** The project's scenarios as worlds: each with its own servers, its programs and its check. */
import { loadScenarios } from "../../fixtures/scenarios/index.ts";
import type { Outcome, World } from "../../src/bench/index.ts";

export async function scenarioWorlds(): Promise<World[]> {
  const scenarios = await loadScenarios();
  return scenarios.map(({ id, title, mcpServers, programs, check }) => ({
    id,
    title: id,
    group: "The project's scenarios, each with its own servers",
    options: { mcpServers },
    workloads: [
      {
        id,
        title,
        task: title,
        programs,
        check: ({ values, read }: Outcome) => check(values, read),
      },
    ],
  }));
}
