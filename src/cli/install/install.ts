import { dirname } from "node:path";
import { isObject } from "../../core/is-object.ts";
import { configError } from "../../core/setting-errors.ts";
import { parseDuration, readArguments } from "../arguments.ts";
import { note } from "../output.ts";
import type { Change } from "./change.ts";
import { isSameEntry } from "./document.ts";
import { type Entry, NAME } from "./entry.ts";
import { backUp, digestOf, replaceHostFile } from "./host-file.ts";
import { withVariables } from "./own-entry.ts";
import { type InstallRecord, type MovedServer } from "./own-files.ts";
import {
  carryOut,
  codecellIn,
  editHost,
  editOwn,
  type Found,
  findServers,
  isCodecell,
  isThere,
  type OwnConfig,
  ownServers,
  type Target,
  targetOf,
} from "./plan.ts";
import { print, printLink, wantedEntry } from "./print.ts";
import { commandLine, confirm, type Line, showFile, showServers, showTokens } from "./show.ts";
import type { Staying, Trial } from "./trial.ts";

const FLAGS = {
  config: { type: "string" },
  project: { type: "boolean" },
  user: { type: "boolean" },
  move: { type: "boolean" },
  timeout: { type: "string" },
  npx: { type: "boolean" },
  print: { type: "boolean" },
  link: { type: "boolean" },
  yes: { type: "boolean" },
} as const;

const TRIAL_MS = 30_000;

type Values = Readonly<Record<string, string | boolean | undefined>>;

/** `codecell install HOST`: makes codecell a server of a host. */
export async function install(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, 1);
  const target = targetOf(positionals[0], values);
  if (values["link"] === true) return printLink(target, values["config"]);
  if (values["print"] === true) return await print(target, values);
  if (values["move"] === true && values["config"] !== undefined)
    throw configError(
      "--move puts servers into a config file of codecell's own; leave --config out",
    );
  if (values["config"] !== undefined && !(await isThere(String(values["config"]))))
    throw configError(`the config file ${String(values["config"])} does not exist`);
  const found = await findServers(target);
  const entry = await wantedEntry(target, values, target.own.config);
  const old = codecellIn(target, found.servers);
  const { url: _url, ...kept } = old ?? {};
  const wanted = { ...kept, ...entry };
  const trials = values["move"] === true ? await tryAll(target, found, values) : [];
  if (trials === undefined) return 1;
  const plan = await planOf(target, found, wanted, trials);
  const hasConfig = values["config"] !== undefined || (await isThere(target.own.config));
  if (plan.moved.length === 0 && isSameEntry(old, wanted) && hasConfig) {
    for (const { name, reason } of plan.staying) note(`${name} stays: ${reason}`);
    note(`${NAME} is in ${target.path} already; nothing was changed`);
    return 0;
  }
  await show(target, entry, old, plan);
  if (!confirm(values["yes"] === true)) return 1;
  await carryOut(target, found, plan.own, async () => await apply(target, found, plan, hasConfig));
  return 0;
}

/** Nothing where a person did not want them started. */
async function tryAll(
  { host, path, project, own }: Target,
  { servers }: Found,
  values: Values,
): Promise<(Trial | Staying)[] | undefined> {
  const timeoutMs =
    values["timeout"] === undefined
      ? TRIAL_MS
      : parseDuration("--timeout", String(values["timeout"]));
  const others = Object.entries(servers).filter(
    ([name, entry]) => name !== NAME && !isCodecell(entry),
  );
  if (others.length === 0) return [];
  if (project !== undefined) {
    showServers(path, Object.fromEntries(others));
    if (!confirm(values["yes"] === true, "Start these, to try them?")) return undefined;
  }
  const { tryServers } = await import("./trial.ts");
  const names = others.map(([name]) => name).join(", ");
  note(`trying ${names}, for up to ${timeoutMs / 1_000} s …`);
  const onResult = (result: Trial | Staying): void =>
    note(`${result.name}: ${"tools" in result ? `${result.tools.length} tools` : result.reason}`);
  return await tryServers(Object.fromEntries(others), {
    host,
    path,
    folder: dirname(own.config),
    timeoutMs,
    onResult,
  });
}

interface Plan {
  readonly own: OwnConfig;
  readonly hostText: string;
  readonly ownText: string;
  readonly moved: readonly (MovedServer & { readonly trial: Trial })[];
  readonly staying: readonly Staying[];
}

async function planOf(
  target: Target,
  { text, servers }: Found,
  wanted: Readonly<Record<string, unknown>>,
  trials: readonly (Trial | Staying)[],
): Promise<Plan> {
  const own = await ownServers(target.own);
  const isTaken = ({ name, entry }: Trial): boolean =>
    Object.hasOwn(own.servers, name) && !isSameEntry(own.servers[name], entry);
  const staying = trials.flatMap((trial): Staying[] => {
    if (!("tools" in trial)) return [trial];
    const reason = `${target.own.config} has another server of this name`;
    return isTaken(trial) ? [{ name: trial.name, reason }] : [];
  });
  const names = Object.keys(servers);
  const moved = trials
    .filter((trial): trial is Trial => "tools" in trial && !isTaken(trial))
    .map((trial) => {
      const { name, entry } = trial;
      return { name, entry, own: entry, before: names.slice(names.indexOf(name) + 1), trial };
    });
  const codecell = { name: NAME, entry: withVariables(wanted, moved, target.host) };
  const gone: Change[] = moved.map(({ name }) => ({ name }));
  return {
    own,
    hostText: editHost(target, text, [codecell, ...gone]),
    ownText: editOwn(
      target.own,
      own.text,
      moved.map(({ name, own: entry }) => ({ name, entry })),
    ),
    moved,
    staying,
  };
}

async function show(
  { path, own }: Target,
  entry: Entry,
  old: unknown,
  { moved, staying }: Plan,
): Promise<void> {
  const lines: Line[] = [
    { mark: isObject(old) ? "~" : "+", name: NAME, about: commandLine(entry) },
    ...moved.map(({ name, trial }): Line => {
      return { mark: "-", name, about: `${trial.tools.length} tools go behind codecell` };
    }),
    ...staying.map(({ name, reason }): Line => {
      return { mark: "=", name, about: `stays: ${reason}` };
    }),
  ];
  showFile(path, lines);
  if (moved.length === 0) return;
  showFile(
    own.config,
    moved.map(({ name }) => ({ mark: "+", name, about: "" })),
  );
  const { tokensSaved } = await import("./tokens-saved.ts");
  showTokens(await tokensSaved(moved.map(({ trial }) => trial)));
}

/** The host's file comes last: until it is replaced the host has all its servers, and then codecell has them. */
async function apply(
  { path, host, own, name }: Target,
  { file, text }: Found,
  { hostText, ownText, moved }: Plan,
  hasConfig: boolean,
): Promise<void> {
  const last = await own.readRecord();
  const backup = await backUp(file);
  if (!hasConfig || moved.length > 0) await own.writeConfig(ownText);
  const isAsLeft = last !== undefined && last.after === digestOf(text);
  const before = backup === undefined ? undefined : { digest: digestOf(text), backup };
  const first = isAsLeft ? last.before : before;
  const names = new Set(moved.map((server) => server.name));
  const record: InstallRecord = {
    version: 1,
    ...(first === undefined ? {} : { before: first }),
    after: digestOf(hostText),
    moved: [
      ...(last?.moved ?? []).filter((server) => !names.has(server.name)),
      ...moved.map(({ trial: _trial, ...server }) => server),
    ],
  };
  await own.writeRecord(record);
  await replaceHostFile(file, hostText);
  note(`${path} has ${NAME} now. ${host.restart}`);
  if (moved.length > 0) note(`what went behind codecell is in ${own.config}`);
  if (backup !== undefined) note(`as it was: ${backup}`);
  note(`codecell uninstall ${name} puts all back`);
}
