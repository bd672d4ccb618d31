/**
 * `npm run bench:tokens`: counts the tokens of tools that a model calls directly, finds by a search of the host, or uses in
 * programs.
 * `--tier one,small,medium,large` (default: all that are installed), `--scenarios`, `--model MODULE`, `--out FILE`.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchTokens, loadModel, tokenSections, type World } from "../src/bench/index.ts";
import { renderConsole } from "../src/bench/present/console-table.ts";
import { writeData } from "./tokens/data.ts";
import { scenarioWorlds } from "./tokens/scenarios.ts";
import { isInstalled, openTier, type TierName, TIERS } from "./tokens/tiers.ts";
import { loadWorkloads } from "./tokens/workloads.ts";

const { values } = parseArgs({
  options: {
    tier: { type: "string" },
    scenarios: { type: "boolean", default: false },
    model: { type: "string" },
    out: { type: "string" },
  },
});
/** Limit of parallel calls, high enough to never split calls into turns: direct calling has no such limit. */
const PARALLEL_CALLS = 200;

const folder = await mkdtemp(join(tmpdir(), "codecell-tokens-"));
try {
  await writeData(folder);
  const worlds = [
    ...(await Promise.all(chosenTiers().map((name) => tierWorld(name)))),
    ...(values.scenarios ? await scenarioWorlds() : []),
  ];
  const results = await benchTokens({
    worlds,
    log: (line) => process.stderr.write(`${line}\n`),
    ...(values.model === undefined ? {} : { model: await loadModel(values.model) }),
  });
  if (values.out !== undefined) await writeFile(values.out, JSON.stringify(results));
  for (const { title, text, tables } of tokenSections(results)) {
    console.log(`\n## ${title}\n\n${text.join("\n")}\n`);
    for (const table of tables) console.log(renderConsole(table));
  }
  if (results.problems.length > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The requested tiers, or all; reports and omits those that are not installed. */
function chosenTiers(): TierName[] {
  const asked = values.tier?.split(",") ?? TIERS;
  const unknown = asked.find((name) => !(TIERS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`there is no tier ${unknown}: ${TIERS.join(", ")}`);
  const tiers = asked as TierName[];
  for (const name of tiers.filter((each) => !isInstalled(each)))
    console.error(`tier ${name} is left out: its servers come with node bench/tiers/fetch.ts`);
  return tiers.filter(isInstalled);
}

async function tierWorld(name: TierName): Promise<World> {
  const { mcpServers, versions } = await openTier(name, folder);
  const count = Object.keys(mcpServers).length;
  return {
    id: name,
    title: `Tier ${name}, ${count} ${count === 1 ? "server" : "servers"}`,
    options: { mcpServers, limits: { parallelCalls: PARALLEL_CALLS } },
    versions,
    workloads: await loadWorkloads(folder),
  };
}
