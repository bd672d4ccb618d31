/** A host process for the tests that kill it. The argument says what its program is doing. */
import { createRuntime } from "../../src/index.ts";

const mode = process.argv[2] ?? "";
const engine = mode.startsWith("quickjs") ? "quickjs" : "v8";
if (mode === "starved") {
  // As a host does that leaks descriptors: there is none left for a worker's pipes.
  const { openSync } = await import("node:fs");
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {
    const starting = createRuntime({ placement: "process" });
    const code = await starting.catch((error: { code?: string }) => error.code);
    process.stdout.write(`${String(code)}\n`);
    process.exit(0);
  }
}
const runtime = await createRuntime({
  engine,
  placement: mode.includes("sandbox") ? "sandbox" : "process",
  tools: { demo: { never: () => new Promise(() => {}) } },
});

if (mode.endsWith("forgets")) {
  const result = await runtime.run("return 1");
  if (!result.ok) process.exitCode = 1;
} else {
  process.stdout.write("ready\n");
  const code = mode.endsWith("stuck")
    ? "return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)"
    : "await tools.demo.never()";
  await runtime.run(code, { limits: { wallMs: 60_000, cpuMs: 60_000 } });
}
