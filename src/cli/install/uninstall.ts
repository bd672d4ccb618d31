import { isObject } from "../../core/is-object.ts";
import { readArguments } from "../arguments.ts";
import { note } from "../output.ts";
import type { Change } from "./change.ts";
import { isSameEntry, type Servers, serversIn } from "./document.ts";
import { NAME } from "./entry.ts";
import { backUp, digestOf, readHostFile, replaceHostFile } from "./host-file.ts";
import type { Host } from "./hosts.ts";
import { hostEntry } from "./own-entry.ts";
import { emptyConfig, type InstallRecord, type MovedServer } from "./own-files.ts";
import {
  carryOut,
  codecellIn,
  editHost,
  editOwn,
  type Found,
  findServers,
  type OwnConfig,
  ownServers,
  type Target,
  targetOf,
} from "./plan.ts";
import { confirm, type Line, showFile } from "./show.ts";

const FLAGS = {
  project: { type: "boolean" },
  user: { type: "boolean" },
  yes: { type: "boolean" },
} as const;

/** `codecell uninstall HOST`: puts back what `install` has changed. */
export async function uninstall(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, 1);
  const target = targetOf(positionals[0], values);
  const found = await findServers(target);
  const old = codecellIn(target, found.servers);
  const record = await target.own.readRecord();
  if (old === undefined && record === undefined) {
    note(`${target.path} has no ${NAME}; there is nothing to do`);
    return 0;
  }
  const plan = await planOf(target, found, old !== undefined, record);
  show(target, plan);
  if (!confirm(values["yes"] === true)) return 1;
  await carryOut(target, found, plan.own, async () => await apply(target, found, plan));
  return 0;
}

/** What becomes of a server that went behind codecell. */
interface Return {
  readonly server: MovedServer;
  /** `back`: it returns; `there`: the host has it; `kept`: codecell's config keeps it; `gone`: nobody has it any more. */
  readonly fate: "back" | "there" | "kept" | "gone";
  /** As codecell's config has it now. */
  readonly now: Readonly<Record<string, unknown>>;
}

interface Plan {
  readonly own: OwnConfig;
  readonly isInstalled: boolean;
  readonly returns: readonly Return[];
  /** Absent: the file goes, as it came with codecell. */
  readonly hostText: string | undefined;
  /** Absent: nothing is left in codecell's config. */
  readonly ownText: string | undefined;
}

async function planOf(
  target: Target,
  found: Found,
  isInstalled: boolean,
  record: InstallRecord | undefined,
): Promise<Plan> {
  const own = await ownServers(target.own);
  const returns = (record?.moved ?? []).map((server) => fateOf(server, found.servers, own));
  const done = returns.filter(({ fate }) => fate !== "kept").map(({ server }) => server.name);
  const left = editOwn(
    target.own,
    own.text,
    done.map((name) => ({ name })),
  );
  return {
    own,
    isInstalled,
    returns,
    hostText: await hostTextOf(target, found, returns, record),
    ownText: isEmpty(left) ? undefined : left,
  };
}

function fateOf(server: MovedServer, host: Servers, own: OwnConfig): Return {
  const { name, entry } = server;
  const inOwn = ownOf(own.servers, name);
  if (Object.hasOwn(host, name)) {
    const fate = !isObject(inOwn) || isSameEntry(host[name], entry) ? "there" : "kept";
    return { server, fate, now: isObject(inOwn) ? inOwn : {} };
  }
  // A server that a person took out stays out; where the whole file is gone, it comes back as it was.
  const now = own.read === undefined ? server.own : inOwn;
  return isObject(now) ? { server, fate: "back", now } : { server, fate: "gone", now: {} };
}

function ownOf(servers: Servers, name: string): unknown {
  return Object.hasOwn(servers, name) ? servers[name] : undefined;
}

/** To the letter where nobody has changed anything since, else by moving each server. */
async function hostTextOf(
  target: Target,
  { text }: Found,
  returns: readonly Return[],
  record: InstallRecord | undefined,
): Promise<string | undefined> {
  const isUntouched = returns.every(
    ({ fate, now, server }) => fate === "back" && isSameEntry(now, server.own),
  );
  if (record !== undefined && record.after === digestOf(text) && isUntouched) {
    if (record.before === undefined && returns.length === 0) return undefined;
    const first = await firstText(record);
    if (first !== undefined && hasAll(target.host, first, returns)) return first;
  }
  const back = returns
    .filter(({ fate }) => fate === "back")
    .map(({ server: { name, entry, own, before }, now }): Change => {
      // What a person has changed since stays changed.
      return { name, before, entry: isSameEntry(now, own) ? entry : hostEntry(now, target.host) };
    });
  // From the last on: each finds those that stood behind it.
  return editHost(target, text, [{ name: NAME }, ...back.toReversed()]);
}

async function firstText({ before }: InstallRecord): Promise<string | undefined> {
  if (before === undefined) return undefined;
  const { text } = await readHostFile(before.backup).catch(() => ({ text: undefined }));
  return text !== undefined && digestOf(text) === before.digest ? text : undefined;
}

/** A copy that is newer than another `install` has codecell, or lacks what went behind it before. */
function hasAll(host: Host, text: string, returns: readonly Return[]): boolean {
  const servers = serversIn(text, host);
  return (
    !Object.hasOwn(servers, NAME) &&
    returns.every(({ server: { name, entry } }) => isSameEntry(ownOf(servers, name), entry))
  );
}

function isEmpty(text: string): boolean {
  return text.replaceAll(/\s/g, "") === emptyConfig().replaceAll(/\s/g, "");
}

const ABOUT = {
  back: "comes back",
  there: "is there already",
  gone: "is in no file any more, and stays out",
} as const;

function show({ path, own, host }: Target, { isInstalled, returns, ownText }: Plan): void {
  const lines = returns.map(({ server: { name }, fate }): Line => {
    if (fate === "kept")
      return { mark: "=", name, about: `stays as it is; ${own.config} keeps another of this name` };
    return { mark: fate === "back" ? "+" : "=", name, about: ABOUT[fate] };
  });
  const codecell: Line[] = isInstalled ? [{ mark: "-", name: NAME, about: "" }] : [];
  showFile(path, [...codecell, ...lines]);
  if (ownText !== undefined)
    note(`${own.config} stays: it has more than what came from ${host.title}`);
}

/** The host's file comes first: what codecell's config loses is there by then. */
async function apply(
  { path, host, own }: Target,
  { file, text }: Found,
  { hostText, ownText }: Plan,
): Promise<void> {
  const backup = hostText === text ? undefined : await backUp(file);
  if (hostText !== text) await replaceHostFile(file, hostText);
  await own.forget(ownText);
  note(`${path} is without ${NAME} now. ${host.restart}`);
  if (backup !== undefined) note(`as it was: ${backup}`);
}
