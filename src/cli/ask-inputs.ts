/** Asks for the inputs of a config file on the terminal: not through standard input, which may hold a program. */
import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { CodecellError } from "../core/errors.ts";
import type { AskInputs, InputRequest } from "../tools/config/inputs.ts";
import { printable } from "./output.ts";

/** Characters of one answer. */
const MAX_ANSWER = 64 * 1024;
const INTERRUPT = "\u0003";
const END_OF_LINE = ["\r", "\n", "\u0004"];
const ERASE = ["\u007f", "\b"];

/**
 * Asks one after the other. What is left empty has its default, or stays without a value, as does all where the terminal is that
 * of another session.
 */
export const askOnTerminal: AskInputs = async (requests) => {
  const lines = openTerminal();
  if (lines === undefined) return {};
  try {
    const answers: Record<string, string> = {};
    for (const request of requests) {
      const answer = await ask(lines, request);
      if (answer !== "") answers[request.variable] = answer;
    }
    return answers;
  } finally {
    lines.close();
  }
};

async function ask(lines: TerminalLines, request: InputRequest): Promise<string> {
  const { question, choices, isSecret, default: normal } = request;
  const list = (choices ?? []).map((choice, at) => `  ${at + 1}) ${printable(choice)}\n`).join("");
  const usual = normal === undefined || isSecret ? "" : ` [${printable(normal)}]`;
  process.stderr.write(`${list}${printable(question)}${usual}: `);
  const answer = (await lines.next(isSecret)).trim();
  if (choices === undefined || answer === "" || choices.includes(answer)) return answer;
  return /^\d{1,4}$/.test(answer) ? (choices[Number(answer) - 1] ?? answer) : answer;
}

function openTerminal(): TerminalLines | undefined {
  try {
    return new TerminalLines();
  } catch {
    return undefined;
  }
}

/** Lines of the terminal, whatever standard input is. */
class TerminalLines {
  readonly #terminal = new ReadStream(
    openSync(process.platform === "win32" ? "\\\\.\\CONIN$" : "/dev/tty", "r"),
  );
  /** What was typed ahead. */
  #ahead: string[] = [];

  constructor() {
    this.#terminal.setEncoding("utf8");
  }

  /** The next line. Where it is secret, the terminal shows nothing of it, and the keys that edit are done here. */
  async next(isSecret: boolean): Promise<string> {
    if (isSecret) this.#terminal.setRawMode(true);
    try {
      return await this.#line();
    } finally {
      if (isSecret) {
        this.#terminal.setRawMode(false);
        process.stderr.write("\n");
      }
    }
  }

  async #line(): Promise<string> {
    let line: string[] = [];
    for (;;) {
      const key = await this.#key();
      if (key === INTERRUPT) throw new CodecellError("aborted", "the question was not answered");
      if (END_OF_LINE.includes(key)) return line.join("");
      if (ERASE.includes(key)) line = line.slice(0, -1);
      else line.push(key);
      if (line.length > MAX_ANSWER)
        throw new CodecellError("config_error", "the answer is too long");
    }
  }

  /** One character; at the end of the terminal a line feed. */
  async #key(): Promise<string> {
    if (this.#ahead.length === 0) this.#ahead = [...(await this.#text())].toReversed();
    return this.#ahead.pop() ?? "\n";
  }

  async #text(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const end = (): void => resolve("\n");
    const take = (text: string | Buffer): void => resolve(text.toString());
    const terminal = this.#terminal;
    terminal.once("data", take).once("end", end).once("error", end).resume();
    const text = await promise;
    terminal.pause().off("data", take).off("end", end).off("error", end);
    return text;
  }

  close(): void {
    this.#terminal.destroy();
  }
}
