import { CodecellError, messageOf } from "../core/errors.ts";
import type { KeepOptions, Outcome, SavedVm } from "../engine/engine.ts";

/**
 * Messages between the near half (host) and the far half (worker) of a place: a JSON array on one line, then a body
 * that is taken as it is, so that large texts are not escaped a second time.
 *
 * near → far
 * | `["engine", ref]`                   | the first message: which engine to boot                              |
 * | `["names", version]`                | body: JSON of the name table; sent before the first run that uses it |
 * | `["run", limits]`                   | body: the source                                                     |
 * | `["answer", call]`                  | body: the answer                                                     |
 * | `["abort"]`                         |                                                                      |
 * | `["open", limits, keep]`            | keep a VM from now on; body: its image in base64, where it was saved |
 * | `["runKept", limits, resume]`       | run in it; body: the source                                          |
 * | `["save"]`                          |                                                                      |
 * | `["end"]`                           | the VM is not wanted any more                                        |
 *
 * far → near
 * | `["ready"]`                         | booted, or free for the next run                                     |
 * | `["unavailable", message, hint]`    | the engine cannot be loaded                                          |
 * | `["opened"]`                        |                                                                      |
 * | `["saved", saved]`                  | body: its image in base64                                            |
 * | `["refused", code, message, hint]`  | instead of `opened` and `saved`                                      |
 * | `["call", call, server, tool, id, again]` | body: the arguments; see HostCall                             |
 * | `["called", record]`                | a call that was carried out there (placement remote only)            |
 * | `["log", level]`                    | body: the text                                                       |
 * | `["dropped", characters]`           |                                                                      |
 * | `["idle"]`, `["busy"]`              | the program waits for its timers and nothing else; one of them is due |
 * | `["outcome", outcome, hasValue]`    | body: the value, if there is one                                     |
 */
export interface Message {
  readonly head: readonly unknown[];
  readonly body: string;
}

export function writeMessage(head: readonly unknown[], body = ""): string {
  return `${JSON.stringify(head)}\n${body}`;
}

/** The parts of a message, or `undefined` for what is none. */
export function readMessage(text: string): Message | undefined {
  const end = text.indexOf("\n");
  if (end < 0) return undefined;
  try {
    const head: unknown = JSON.parse(text.slice(0, end));
    return Array.isArray(head) ? { head, body: text.slice(end + 1) } : undefined;
  } catch {
    return undefined;
  }
}

/** {@link KeepOptions} without the image, which is the body of its message. */
export type ToldKeep = Omit<KeepOptions, "saved"> & {
  readonly saved?: Omit<SavedVm, "image">;
};

/** @param image in base64 */
export function readKeep({ saved, ...keep }: ToldKeep, image: string): KeepOptions {
  if (saved === undefined) return keep;
  return { ...keep, saved: { ...saved, image: Buffer.from(image, "base64") } };
}

/** The answer to a question: `word` with what `work` gives, or why it cannot be done. */
export async function answerTo(word: string, work: () => Promise<SavedVm | void>): Promise<string> {
  try {
    const { image = new Uint8Array(), ...fact } = (await work()) ?? {};
    const body = Buffer.from(image.buffer, image.byteOffset, image.length).toString("base64");
    return writeMessage([word, fact], body);
  } catch (error) {
    const { code = "internal", hint = null } = CodecellError.is(error) ? error : {};
    return writeMessage(["refused", code, messageOf(error), hint]);
  }
}

/** How a run ended; its value is the body. */
export function writeOutcome(outcome: Outcome): string {
  const { value, ...rest } = { value: undefined, ...outcome };
  return writeMessage(["outcome", rest, value !== undefined], value);
}
