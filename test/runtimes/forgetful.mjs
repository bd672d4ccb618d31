/**
 * Runs a program in each combination that is given, as `engine:placement`, with a session in a store, the first with an MCP server
 * too, and closes nothing. The last line of each comes of a run that nobody awaits: this process has to stay for it, and to end
 * after it. MARK is an argument by which the test finds the server again.
 */
import { createRuntime } from "codecell";

const { MARK, MEMORY_SERVER, NODE, STORE } = process.env;

const memory = { command: NODE, args: [MEMORY_SERVER, MARK] };

const WITH_SERVER = "return (await tools.memory.read_graph()).entities.length";
const LATE = "await new Promise((resolve) => setTimeout(resolve, 100)); return 'late'";

for (const [at, combination] of process.argv.slice(2).entries()) {
  const [engine, placement] = combination.split(":");
  const runtime = await createRuntime({
    engine,
    placement,
    mcpServers: at === 0 ? { memory } : {},
    sessions: { store: `sqlite:${STORE}` },
    workers: { spare: 0 },
  });
  const session = await runtime.session(combination);
  await session.run("let count = 1");
  const result = await runtime.run(at === 0 ? WITH_SERVER : "return 0");
  console.log(combination, result.ok ? result.value : result.error.message);
  runtime.run(LATE).then((end) => console.log(combination, end.ok ? end.value : end.error.message));
}
