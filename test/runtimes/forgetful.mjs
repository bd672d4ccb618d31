/**
 * Runs a program in each combination that is given, as `engine:placement`, with an MCP server, a session and a store, and closes
 * nothing. MARK is an argument by which the test finds the server again. The last line comes of a run that nobody awaits: this process has to stay for it, and to end after it.
 */
import { createRuntime } from "codecell";

const { MARK, MEMORY_SERVER, NODE, STORE } = process.env;

for (const combination of process.argv.slice(2)) {
  const [engine, placement] = combination.split(":");
  const runtime = await createRuntime({
    engine,
    placement,
    mcpServers: { memory: { command: NODE, args: [MEMORY_SERVER, MARK] } },
    sessions: { store: `sqlite:${STORE}` },
  });
  const session = await runtime.session(combination);
  await session.run("let count = 1");
  const result = await runtime.run("return (await tools.memory.read_graph()).entities.length");
  console.log(combination, result.ok ? result.value : result.error.message);
  const late = "await new Promise((resolve) => setTimeout(resolve, 100)); return 'late'";
  runtime.run(late).then((end) => console.log(combination, end.ok ? end.value : end.error.message));
}
