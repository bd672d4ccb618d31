/** One holder at a time, in one process and between processes: Node has no `flock`, so a lock is a file that exists. */
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock that is older than this is nobody's any more. What is done under one has to end much sooner. */
const STALE_MS = 90_000;
/** Longest wait for a lock: long enough for one that an owner on another machine has left. */
const PATIENCE_MS = STALE_MS + 30_000;
/** How often a lock of another process is looked at. */
const POLL_MS = 20;

/** Who holds a lock: the content of its file. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly id: string;
}

/** The last in line for each file, in this process: only the first of them looks at the file. */
const lines = new Map<string, Promise<void>>();

/**
 * Runs `work` while nobody else holds the lock `file`. Its folder must exist.
 * @throws Error when the lock is not to be had in time
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  staleMs = STALE_MS,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const before = lines.get(file);
  const { promise: done, resolve: leave } = Promise.withResolvers<void>();
  lines.set(file, done);
  await before;
  try {
    const id = await acquire(file, staleMs, patienceMs);
    try {
      return await work();
    } finally {
      // Held for too long, it may be another's by now.
      if (ownerOf(file)?.id === id) rmSync(file, { force: true });
    }
  } finally {
    if (lines.get(file) === done) lines.delete(file);
    leave();
  }
}

async function acquire(file: string, staleMs: number, patienceMs: number): Promise<string> {
  const id = randomUUID();
  const giveUp = performance.now() + patienceMs;
  while (!tryCreate(file, id)) {
    evict(file, staleMs);
    if (performance.now() > giveUp) throw new Error("another process holds them and does not end");
    // oxlint-disable-next-line no-await-in-loop -- polling is one after the other
    await sleep(POLL_MS * (0.5 + Math.random()));
  }
  return id;
}

/**
 * Removes the lock of an owner that is gone. Between looking and removing, another process may have removed it and taken
 * the lock itself; so the right to remove one owner's lock is a file too, and the look is repeated under it.
 */
function evict(file: string, staleMs: number): void {
  const owner = ownerOf(file);
  if (owner === undefined) return;
  const { pid, host, id } = owner;
  if (!isOld(file, staleMs) && (host !== hostname() || isAlive(pid))) return;
  const right = `${file}.${id}`;
  if (!tryCreate(right, id)) {
    if (isOld(right, staleMs)) rmSync(right, { force: true });
    return;
  }
  if (ownerOf(file)?.id === id) rmSync(file, { force: true });
  rmSync(right, { force: true });
}

function tryCreate(file: string, id: string): boolean {
  const owner: Owner = { pid: process.pid, host: hostname(), id };
  try {
    writeFileSync(file, JSON.stringify(owner), { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** `undefined` where there is no lock. One that cannot be read (it is being written) has an owner that nobody knows. */
function ownerOf(file: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (isOwner(owner)) return owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  }
  return { pid: 0, host: "", id: "unknown" };
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== "object" || value === null) return false;
  const { pid, host, id } = value as Record<string, unknown>;
  return (
    Number.isSafeInteger(pid) &&
    (pid as number) > 0 &&
    typeof host === "string" &&
    typeof id === "string" &&
    /^[\da-f-]{36}$/.test(id)
  );
}

function isOld(file: string, staleMs: number): boolean {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
