/** The command line: a thin interface to the library. Commands return an exit code; everything they throw is reported here. */
import { CodecellError, messageOf } from "../core/errors.ts";
import { ToolError } from "../core/tool-error.ts";
import { VERSION } from "../core/version.ts";
import { HELP } from "./help.ts";
import { fail, printJson } from "./output.ts";

/** Usage or config error. */
const USAGE = 2;

/** Each command loads what it needs when it is called: the command line must start quickly. */
const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  run: async (args) => await (await import("./run.ts")).run(args),
  tools: async (args) => await (await import("./tools.ts")).tools(args),
  types: async (args) => await (await import("./types.ts")).types(args),
  login: async (args) => await (await import("./login.ts")).login(args),
  mcp: async (args) => await (await import("./mcp.ts")).mcp(args),
  serve: async (args) => await (await import("./serve.ts")).serve(args),
  bench: async (args) => await (await import("./bench/command.ts")).bench(args),
  doctor: async (args) => await (await import("./doctor.ts")).doctor(args),
  trust: async (args) => await (await import("./trust/command.ts")).trust(args),
  install: async (args) => await (await import("./install/install.ts")).install(args),
  uninstall: async (args) => await (await import("./install/uninstall.ts")).uninstall(args),
};

async function main([command, ...args]: string[]): Promise<number> {
  if (command === undefined || command === "help" || command === "--help" || command === "-h") {
    const topic = args[0] ?? "main";
    process.stdout.write(HELP[topic] ?? HELP["main"]!);
    return command === undefined ? USAGE : 0;
  }
  if (command === "--version" || command === "-v") return version();
  if (!Object.hasOwn(COMMANDS, command)) {
    fail({
      message: `there is no command '${command}'`,
      hint: `The commands are ${Object.keys(COMMANDS).join(", ")}; see codecell --help.`,
    });
    return USAGE;
  }
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP[command]!);
    return 0;
  }
  return await COMMANDS[command]!(args);
}

function version(): number {
  process.stdout.write(`${VERSION}\n`);
  return 0;
}

/** A reader that closed its end (`codecell tools | head`) is not a failure. */
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 1),
);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { code, hint } =
    CodecellError.is(error) || error instanceof ToolError
      ? error
      : { code: "internal" as const, hint: undefined };
  const failure = {
    code,
    name: "CodecellError",
    message: messageOf(error),
    ...(hint === undefined ? {} : { hint }),
  };
  fail(failure);
  // With --json the output is JSON, also when there is nothing to report but this; `bench` takes a file.
  if (process.argv.includes("--json") && process.argv[2] !== "bench")
    printJson({ ok: false, error: failure });
  process.exitCode = USAGE;
}
