/** The built command line in folders of a test. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** `npm run build` makes it. */
export const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Start {
  readonly cwd: string;
  /** `HOME`; the environment has nothing else but `PATH` and what `env` gives. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly umask?: string;
}

function environment({ home, env }: Start): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, ...env };
}

/** Runs a command whose standard streams are pipes. */
export async function runCli(args: readonly string[], start: Start): Promise<Ended> {
  const command = `umask ${start.umask ?? "022"}; exec "$@"`;
  const child = spawn("sh", ["-c", command, "sh", process.execPath, CLI, ...args], {
    cwd: start.cwd,
    env: environment(start),
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin.on("error", () => {}); // a command that does not read it
  child.stdin.end(start.input ?? "");
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

/**
 * Runs a command on a terminal, where standard output and error are one.
 * @param typed what a person types once `question` appears
 */
export async function runOnTerminal(
  args: readonly string[],
  start: Start,
  question: string,
  typed: Iterable<string> | AsyncIterable<string>,
): Promise<Ended> {
  const words = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", words, "/dev/null"], {
    cwd: start.cwd,
    env: { ...environment(start), SHELL: "/bin/sh" },
  });
  let out = "";
  child.stdin.on("error", () => {}); // it has ended without reading
  let answered: Promise<void> | undefined;
  const answer = async (): Promise<void> => {
    for await (const text of typed) child.stdin.write(text);
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (out.includes(question)) answered ??= answer();
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  await answered;
  return { code, out, err: "" };
}
