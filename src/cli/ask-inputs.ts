/** Asks for the inputs of a config file on the terminal: not through standard input, which may hold a program. */
import { openSync } from "node:fs";
import { isatty, ReadStream } from "node:tty";
import { CodecellError } from "../core/errors.ts";
import type { AskInputs, InputRequest } from "../tools/config/inputs.ts";
import { printable } from "./output.ts";

const STDIN = 0;
const STDERR = 2;
const MAX_ANSWER = 64 * 1024;

/** A person is there: CI has a terminal sometimes, and nobody behind it. */
export function isTerminal(): boolean {
  const isCi = !["", "0", "false"].includes(process.env["CI"] ?? "");
  return isatty(STDIN) && isatty(STDERR) && !isCi;
}

/** Asks one after the other. What is left empty has its default, or stays without a value. */
export const askOnTerminal: AskInputs = async (requests) => {
  const terminal = new ReadStream(
    openSync(process.platform === "win32" ? "\\\\.\\CONIN$" : "/dev/tty", "r"),
  );
  try {
    const answers: Record<string, string> = {};
    for (const request of requests) {
      const answer = await ask(terminal, request);
      if (answer !== "") answers[request.variable] = answer;
    }
    return answers;
  } finally {
    terminal.destroy();
  }
};

async function ask(terminal: ReadStream, request: InputRequest): Promise<string> {
  const { question, choices, isSecret, default: normal } = request;
  const list = (choices ?? []).map((choice, at) => `  ${at + 1}) ${printable(choice)}\n`).join("");
  const usual = normal === undefined || isSecret ? "" : ` [${printable(normal)}]`;
  process.stderr.write(`${list}${printable(question)}${usual}: `);
  const answer = (await readLine(terminal, isSecret)).trim();
  if (choices === undefined || answer === "" || choices.includes(answer)) return answer;
  return /^\d{1,4}$/.test(answer) ? (choices[Number(answer) - 1] ?? answer) : answer;
}

/** One line. Where it is secret, the terminal shows nothing of it, and the keys that edit are done here. */
async function readLine(terminal: ReadStream, isSecret: boolean): Promise<string> {
  if (isSecret) terminal.setRawMode(true);
  terminal.setEncoding("utf8");
  let line = "";
  try {
    for (;;) {
      for (const character of await nextText(terminal)) {
        if (character === "\u0003")
          throw new CodecellError("aborted", "the question was not answered");
        if (["\r", "\n", "\u0004", ""].includes(character)) return line;
        if (character === "\u007f" || character === "\b") line = [...line].slice(0, -1).join("");
        else line += character;
        if (line.length > MAX_ANSWER)
          throw new CodecellError("config_error", "the answer is too long");
      }
    }
  } finally {
    terminal.pause();
    if (isSecret) {
      terminal.setRawMode(false);
      process.stderr.write("\n");
    }
  }
}

/** What is typed next; a line feed at the end. */
async function nextText(terminal: ReadStream): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const end = (): void => resolve("\n");
  terminal
    .once("data", (text) => resolve(String(text)))
    .once("end", end)
    .once("error", end)
    .resume();
  const text = await promise;
  terminal.pause().off("end", end).off("error", end);
  return text;
}
