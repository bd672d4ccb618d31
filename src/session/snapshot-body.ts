/** The decompressed part of a snapshot: the length of the head, the head as JSON, the image of the VM, the files. */
import { isIdentifier } from "../core/identifier.ts";
import { breachOfShape } from "../core/json-shape.ts";
import { MAX_PARTS } from "../core/parts.ts";
import { hostTurns } from "../core/host-turns.ts";
import { DEFAULT_TIME_ZONE } from "../core/time-zone.ts";
import { type CallRecord, isLogLevel, type LogEntry } from "../core/result.ts";
import type { SavedVm } from "../engine/engine.ts";
import { Workspace } from "../files/workspace.ts";
import { readRecord, readSavedFacts } from "../placement/channel/check-messages.ts";
import { readLimits, readTimeZone } from "../placement/channel/check-requests.ts";
import {
  optional,
  ProtocolError,
  readFields,
  readInteger,
  readList,
  readNumber,
  readOptionalText,
  readText,
} from "../placement/channel/fields.ts";
import type { SavedFile, SavedRun, SavedSession, SnapshotCaps } from "./saved-session.ts";

/** A head holds the names of files, logs, and the calls and answers that a VM waits for. */
export const MAX_HEAD_BYTES = 16 * 1024 * 1024;
const MAX_HEAD_DEPTH = 20;
/** Names, log entries and call records of a session. */
const MAX_LISTED = 1_000_000;

/** @throws Error where anything is not as {@link writeSnapshot} writes it */
export async function readSnapshotBody(whole: Buffer, caps: SnapshotCaps): Promise<SavedSession> {
  const start = 4 + whole.readUInt32LE(0);
  const { vm, files, run, limits, ...facts } = readFields(readHead(whole, start), "its head");
  const image = vm === undefined ? undefined : readImage(whole, start, vm);
  return {
    limits: readLimits(limits),
    timeZone: readTimeZone(facts["timeZone"]).timeZone ?? DEFAULT_TIME_ZONE,
    ...optional("seed", readOptionalText(facts["seed"], "seed")),
    ...(facts["now"] === undefined ? {} : { now: readNumber(facts["now"], "now") }),
    programs: readInteger(facts["programs"], "programs"),
    declared: readList(facts["declared"], "declared", MAX_LISTED)
      .map(readName)
      .filter(isIdentifier),
    ...optional(
      "vm",
      image === undefined ? undefined : { ...readSavedFacts(vm, readWaiting), image },
    ),
    ...optional("run", run === undefined ? undefined : readRun(run)),
    files: await readFiles(whole, start + (image?.length ?? 0), files, caps),
  };
}

function readHead(whole: Buffer, end: number): unknown {
  if (end > whole.length || end > MAX_HEAD_BYTES + 4)
    throw new ProtocolError("its head is too long");
  const text = whole.toString("utf8", 4, end);
  if (breachOfShape(text, { parts: MAX_PARTS, depth: MAX_HEAD_DEPTH }) !== undefined)
    throw new ProtocolError("its head has too many parts");
  return JSON.parse(text);
}

function readImage(whole: Buffer, start: number, vm: unknown): SavedVm["image"] {
  const bytes = readInteger(readFields(vm, "vm")["imageBytes"], "vm.imageBytes");
  if (start + bytes > whole.length) throw new ProtocolError("the image is cut off");
  return whole.subarray(start, start + bytes);
}

/** A call or an answer that the VM waits for. */
function readWaiting(sent: unknown): string {
  return readText(sent, "a call or an answer of vm");
}

function readName(sent: unknown): string {
  return readText(sent, "a name of declared");
}

function readRun(sent: unknown): SavedRun {
  const { source, limits, logs, calls } = readFields(sent, "run");
  return {
    source: readText(source, "run.source"),
    limits: readLimits(limits),
    logs: readList(logs, "run.logs", MAX_LISTED).map(readEntry),
    calls: readList(calls, "run.calls", MAX_LISTED).map((call): CallRecord => readRecord(call)),
  };
}

function readEntry(sent: unknown): LogEntry {
  const { level, text } = readFields(sent, "a log entry");
  return { level: isLogLevel(level) ? level : "log", text: readText(text, "a log entry's text") };
}

async function readFiles(
  whole: Buffer,
  start: number,
  sent: unknown,
  { workspace }: SnapshotCaps,
): Promise<SavedFile[]> {
  const files: SavedFile[] = [];
  let at = start;
  for (const file of readList(sent, "files", workspace.entries)) {
    const [path, kind, length, mtimeMs] = readList(file, "a file", 4);
    const end = at + readInteger(length, "a file's length");
    if (end > whole.length) throw new ProtocolError("a file is cut off");
    await hostTurns.take(end - at);
    const content = contentOf(kind, whole.subarray(at, end));
    files.push([readText(path, "a file's path"), content, readNumber(mtimeMs, "a file's time")]);
    at = end;
  }
  if (at !== whole.length) throw new ProtocolError("there is more than a session");
  await hostTurns.take(at - start);
  new Workspace(workspace).load(files); // throws what a session would throw
  await hostTurns.take(at - start); // for the session that loads them
  return files;
}

function contentOf(kind: unknown, bytes: Buffer): SavedFile[1] {
  if (kind === "folder") return undefined;
  return kind === "text" ? bytes.toString() : new Uint8Array(bytes);
}
