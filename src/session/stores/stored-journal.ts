import { createHash, randomUUID } from "node:crypto";
import type { Answer } from "../../core/answer.ts";
import { CodecellError } from "../../core/errors.ts";
import type { JournalEntry } from "../../run/call-journal.ts";
import type { RunJournal } from "../store.ts";
import type { SessionEntries } from "./session-entries.ts";

/** A run that has made calls. */
interface RunRecord {
  readonly id: string;
  readonly sourceHash: string;
}

interface CallRecord {
  /** Name of the tool and digest of the arguments. */
  readonly call: string;
  /** Absent until the call has ended. */
  readonly answer?: Answer;
}

/** The calls of one run in a store. The journal exists there from the first call on. */
export class StoredJournal implements RunJournal {
  readonly interrupted: number;
  readonly #entries: SessionEntries;
  readonly #record: RunRecord;
  /** Calls of an earlier, interrupted attempt of the run by {@link CallRecord.call}; each is used once. */
  readonly #known: Map<string, CallRecord[]>;
  #count: number;
  #isClosed = false;

  private constructor(
    entries: SessionEntries,
    record: RunRecord,
    calls: readonly CallRecord[],
    interrupted: number,
  ) {
    this.#entries = entries;
    this.#record = record;
    this.#known = Map.groupBy(calls, ({ call }) => call);
    this.#count = calls.length;
    this.interrupted = interrupted;
  }

  /** Continues the existing journal if it is of the same program and its run has not ended; else begins a new one. */
  static async open(entries: SessionEntries, source: string): Promise<StoredJournal> {
    const sourceHash = sha256(source);
    const record = await entries.readJson<RunRecord>("run");
    const calls = record === undefined ? [] : await readCalls(entries);
    const isOver = record !== undefined && (await entries.head())?.run === record.id;
    if (record?.sourceHash === sourceHash && !isOver)
      return new StoredJournal(entries, record, calls, 0);
    await deleteJournal(entries, calls.length);
    const interrupted = isOver ? 0 : calls.length;
    return new StoredJournal(entries, { id: randomUUID(), sourceHash }, [], interrupted);
  }

  get runId(): string {
    return this.#record.id;
  }

  async begin(tool: string, args: string): Promise<JournalEntry> {
    this.#checkOpen();
    const call = `${tool} ${sha256(args)}`;
    const known = this.#known.get(call)?.shift();
    if (known !== undefined)
      return known.answer === undefined ? { inDoubt: true } : { answer: known.answer };
    const at = this.#count++;
    if (at === 0) await this.#entries.writeJson("run", this.#record);
    this.#checkOpen();
    await this.#entries.writeJson(callName(at), { call });
    this.#checkOpen();
    return { end: (answer) => this.#end(at, { call, answer }) };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new CodecellError("aborted", "the journal of the run is closed");
  }

  async #end(at: number, ended: CallRecord): Promise<void> {
    // After that the entry may belong to another run.
    if (!this.#isClosed) await this.#entries.writeJson(callName(at), ended);
  }

  /** Stops all further writes. */
  close(): void {
    this.#isClosed = true;
  }

  async delete(): Promise<void> {
    this.close();
    await deleteJournal(this.#entries, this.#count);
    this.#count = 0;
  }
}

async function readCalls(entries: SessionEntries): Promise<CallRecord[]> {
  const calls: CallRecord[] = [];
  for (;;) {
    const call = await entries.readJson<CallRecord>(callName(calls.length));
    if (call === undefined) return calls;
    calls.push(call);
  }
}

async function deleteJournal(entries: SessionEntries, calls: number): Promise<void> {
  if (calls > 0) await entries.delete("run");
  for (let at = 0; at < calls; at++) await entries.delete(callName(at));
}

function callName(at: number): string {
  return `call:${at}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
