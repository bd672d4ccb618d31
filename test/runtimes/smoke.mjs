/**
 * Uses the published package in each combination that is given, as `engine:placement`, and writes what came of each as JSON.
 * MEMORY_SERVER is an MCP server, NODE the Node that runs it.
 */
import { createRuntime } from "codecell";
import { createMcpServer } from "codecell/mcp";

const { MEMORY_SERVER, NODE } = process.env;

const tools = { shop: { price: ({ item }) => item.length * 10 } };
const mcpServers = { memory: { command: NODE, args: [MEMORY_SERVER] } };

const SUM = `
  const [first, second]: number[] = await Promise.all(["ab", "c"].map((item) => tools.shop.price({ item })));
  const sum = first + second;`;
const ALONE = `${SUM} return { sum };`;
const WITH_SERVER = `${SUM} return { sum, entities: (await tools.memory.read_graph()).entities.length };`;

function outcome(result) {
  return result.ok ? result.value : result.error.code;
}

async function work(engine, placement, isFirst) {
  const runtime = await createRuntime({
    // "default" chooses nothing, as a new user does.
    ...(engine === "default" ? {} : { engine, placement }),
    tools,
    ...(isFirst ? { mcpServers } : {}),
    workers: { spare: 0 },
  });
  const program = await runtime.run(isFirst ? WITH_SERVER : ALONE);
  const session = await runtime.session("s");
  await session.run("let count = 41");
  const kept = await session.run("return ++count");
  const endless = await runtime.run("for (;;) {}", { limits: { cpuMs: 200 } });
  const after = await runtime.run("return 'fine'");
  createMcpServer(runtime);
  await runtime.close();
  return {
    value: outcome(program),
    session: outcome(kept),
    endless: outcome(endless),
    after: outcome(after),
  };
}

const outcomes = {};
for (const combination of process.argv.slice(2)) {
  const [engine, placement] = combination.split(":");
  try {
    const isFirst = Object.keys(outcomes).length === 0;
    outcomes[combination] = await work(engine, placement, isFirst);
  } catch (error) {
    const { code, message, hint } = error;
    outcomes[combination] = { code, message, hint };
  }
}
console.log(JSON.stringify(outcomes));
