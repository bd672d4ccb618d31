import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { outsideRuns } from "../core/async-context.ts";
import { CodecellError, messageOf } from "../core/errors.ts";
import { isInHome, readPrivate, writePrivate } from "../core/private-files.ts";
import { type LearnedShape, LearnedShapes } from "./learned-shapes.ts";

const SAVE_DELAY_MS = 500;
const FILE = z.object({
  tools: z.array(
    z.object({
      server: z.string(),
      tool: z.string(),
      version: z.int().positive(),
      calls: z.int().positive(),
      schema: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** Learned shapes kept in a file: they are saved soon after each change, and at the end. */
export class LearnedFile implements AsyncDisposable {
  readonly shapes: LearnedShapes;
  readonly #path: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, known: readonly LearnedShape[]) {
    this.#path = path;
    const saveNow = (): void => void this.#save();
    this.shapes = new LearnedShapes(known, () => {
      this.#timer ??= outsideRuns(() => setTimeout(saveNow, SAVE_DELAY_MS).unref());
    });
  }

  /** @throws CodecellError `config_error` when the file is there and cannot be used */
  static async open(path: string): Promise<LearnedFile> {
    return new LearnedFile(path, await load(path));
  }

  #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => save(this.#path, this.shapes.all()));
    return this.#saving;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== undefined) await this.#save();
    await this.#saving;
  }
}

async function load(path: string): Promise<readonly LearnedShape[]> {
  let text: string;
  try {
    text = await readPrivate(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new CodecellError("config_error", `learn: ${path} cannot be read: ${messageOf(error)}`);
  }
  try {
    return FILE.parse(JSON.parse(text)).tools;
  } catch {
    throw new CodecellError("config_error", `learn: ${path} is not a file of learned shapes`, {
      hint: "Name another file, or delete this one to learn anew.",
    });
  }
}

/** Readers see the old file or the new one. A disk that is full costs what was learned, not the run. */
async function save(path: string, tools: readonly LearnedShape[]): Promise<void> {
  const text = `${JSON.stringify({ tools }, undefined, 2)}\n`;
  try {
    if (isInHome(path)) return await writePrivate(path, text);
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}`;
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    process.emitWarning(`learned shapes were not saved: ${messageOf(error)}`, "CodecellWarning");
  }
}
