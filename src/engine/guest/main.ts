/**
 * The guest prelude: the globals of programs in a VM, and the code that connects them to the host. Both engines use the same
 * source. It is bundled into one classic script (see build.ts) and evaluated before any program.
 */
import * as native from "../../core/primordials.ts";
import type { ProgramScope } from "../../core/program.ts";
import { callMethod, callTool, limitCalls, request, settle, ToolError } from "./calls.ts";
import { type Clock, now, useClock } from "./clock.ts";
import { clone } from "./clone.ts";
import { closing } from "./closing.ts";
import { createConsole, limitConsole } from "./console.ts";
import { createCrypto, createRandom, reseed } from "./crypto.ts";
import { installDate } from "./date.ts";
import { replaceMethod } from "./define.ts";
import { disposables, installDisposal } from "./disposables.ts";
import { atob, btoa, TextDecoder, TextEncoder } from "./encoding.ts";
import {
  AbortController,
  AbortSignal,
  CustomEvent,
  DOMException,
  Event,
  EventTarget,
  setTimerHook,
} from "./events.ts";
import { fetch, Headers, Response } from "./fetch.ts";
import { fs, prompts, resources } from "./fs-and-resources.ts";
import { finish } from "./entry.ts";
import { installFunctionText } from "./function-text.ts";
import { installHandles } from "./handles.ts";
import { implied } from "./implied.ts";
import { installHostPort, type Send } from "./host-port.ts";
import { installIntl } from "./intl-methods.ts";
import { installNativeIntl } from "./intl-native.ts";
import { watchHandlers } from "./late-handlers.ts";
import { lockDown } from "./lockdown.ts";
import { installItemCallbacks } from "./item-callbacks.ts";
import {
  callTool as callNamed,
  defineGiven,
  type GuestMeaning,
  mcpClient,
  tools,
} from "./meanings.ts";
import { installMissing } from "./missing.ts";
import { link } from "./modules.ts";
import { beginRun, reportHandled, reportLeft, sendError, sendValue } from "./outcome.ts";
import { installCombinators, noteHandled, noteRejection, promiseThen } from "./promises.ts";
import { URLSearchParams } from "./search-params.ts";
import { consts, functions, lets, vars } from "./session-globals.ts";
import { installTemporal } from "./temporal.ts";
import { clearTimer, fire, setImmediate, setInterval, setTimeout } from "./timers.ts";
import { discovery, forgetNames } from "./tools.ts";
import { countUses, watchUses } from "./unawaited.ts";
import { URL } from "./url.ts";
import { useZone } from "./zone.ts";

/** The host's settings for one run. */
export interface Setup {
  readonly callBytes: number;
  readonly valueDepth: number;
  readonly logBytes: number;
  /** What the program's variables mean that it does not declare, where they name tools. */
  readonly given: readonly (readonly [word: string, meaning: GuestMeaning])[];
  /** The host offers requests to the network. */
  readonly fetch: boolean;
  /** Number of the run in its session, from 1. */
  readonly run: number;
  /** The time zone of its local times, an IANA name. */
  readonly timeZone: string;
  /** The program names `Temporal`. */
  readonly temporal?: boolean;
  /**
   * A clock that a replay can repeat.
   * @default none: the engine's own
   */
  readonly clock?: Clock;
}

/** Number of a VM's first run. */
const FIRST_RUN = 1;

type ProgramFunction = (scope: ProgramScope) => Promise<unknown>;

const resolved = Promise.resolve();
const globals = globalThis as unknown as Record<string, unknown>;

function define(name: string, value: unknown): void {
  native.defineProperty(globals, name, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
  } as never);
}

function queueMicrotask(callback: unknown): void {
  if (typeof callback !== "function")
    throw new TypeError("the argument of queueMicrotask must be a function");
  promiseThen(resolved, () => callback()).then(undefined, sendError);
}

function createPerformance(): object {
  // Whole milliseconds: a finer clock would help side channels, and the two engines would differ.
  const timeOrigin = now();
  return native.freeze({
    timeOrigin,
    now: () => now() - timeOrigin,
    toJSON: () => ({ timeOrigin }),
  });
}

async function importModule(specifier: unknown): Promise<object> {
  return link(`${specifier as string}`, []);
}

function defineGlobals(): void {
  const classes = { AbortController, AbortSignal, CustomEvent, DOMException, Event, EventTarget };
  const web = {
    ...classes,
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    structuredClone: clone,
    atob,
    btoa,
  };
  const timers = {
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
  };
  const crypto = createCrypto(
    (algorithm, base64) => request("digest", algorithm, base64, (text) => text) as never,
  );
  const all = {
    ...web,
    ...timers,
    clearImmediate: clearTimer,
    queueMicrotask,
    crypto,
    console: createConsole(),
    ToolError,
    tools,
    fs,
    resources,
    prompts,
    ask: discovery("ask"),
    callTool: callNamed,
    mcpClient,
    global: globals,
  };
  const names = native.objectKeys(all);
  for (let at = 0; at < names.length; at++)
    define(names[at]!, (all as Record<string, unknown>)[names[at]!]);
  const discoveries = [
    "listToolCategories",
    "listTools",
    "getToolSpec",
    "searchTools",
    "loadToolCategory",
    "loadToolAPI",
  ];
  for (let at = 0; at < discoveries.length; at++)
    define(discoveries[at]!, discovery(discoveries[at]!));
}

/** Defines a global, unless the session has a variable of that name. */
function defineMissing(name: string, value: unknown): void {
  if (!native.hasOwn(globals, name)) define(name, value);
}

function prepare(setupText: string): Setup {
  const setup = native.parseJson(setupText) as Setup;
  limitCalls(setup.callBytes, setup.valueDepth);
  limitConsole(setup.logBytes);
  beginRun(setup.run);
  countUses();
  useZone(setup.timeZone);
  if (setup.temporal === true) installTemporal();
  if (setup.fetch) {
    defineMissing("fetch", fetch);
    defineMissing("Headers", Headers);
    defineMissing("Response", Response);
  }
  if (setup.run === FIRST_RUN) {
    if (setup.clock !== undefined) useClock(setup.clock);
    define("performance", createPerformance());
  } else forgetNames();
  defineGiven(globals, setup.given);
  return setup;
}

/**
 * Does once what every run does, before the VM gets its run, because engines compile a function at its first call. The host
 * does not listen yet.
 */
function warmUp(): void {
  prepare(
    '{"callBytes":1000,"valueDepth":9,"logBytes":9,"given":[],"fetch":false,"run":0,"timeZone":"UTC"}',
  );
  promiseThen(callTool("", "", {}), undefined, () => {});
  settle(1, '{"a":[1]}');
  sendValue({ a: [1, "x"] }, 1_000, 9, 0);
}

/** Runs a program. `program` is the function that its code evaluates to. */
function start(program: ProgramFunction, setupText: string): void {
  const { callBytes, valueDepth, run } = prepare(setupText);
  const meta = { url: "file:///program.ts" };
  const scope: ProgramScope = native.freeze({
    link,
    import: importModule,
    meta,
    disposables,
    closing,
    finish,
    implied,
    let: lets,
    const: consts,
    functions,
    vars,
  });
  try {
    promiseThen(
      program(scope),
      (value) => sendValue(value, callBytes, valueDepth, run),
      (error) => sendError(error, run),
    );
  } catch (error) {
    // An engine may detect only here that the code is nested too deeply, and `then` asks a promise for its constructor.
    sendError(error, run);
  }
}

/** Receives all messages of the host, see `Delivery` in vm.ts. */
function receive(kind: string, id: number, text: string): void {
  if (kind === "answer") return settle(id, text);
  if (kind === "copied") return reseed();
  if (kind === "ending") return reportLeft();
  if (kind === "rethrown") return watchHandlers(reportHandled);
  try {
    fire(id);
  } catch (error) {
    sendError(error);
  }
}

/** QuickJS: a promise was rejected without a handler, or got a handler after that. */
function rejected(promise: object, reason: unknown, isHandled: boolean): void {
  if (isHandled) noteHandled(promise);
  else noteRejection(promise, reason);
}

interface Entries {
  readonly start: typeof start;
  readonly receive: typeof receive;
  readonly rejected: typeof rejected;
}

/** Called once per VM with the host port. */
export function boot(send: Send): Entries {
  installHostPort(send);
  setTimerHook((ms, callback) => void setTimeout(callback, ms));
  replaceMethod(Math, "random", createRandom());
  installDisposal();
  installHandles(callMethod);
  installMissing();
  installCombinators();
  watchUses();
  installDate();
  installItemCallbacks();
  if (typeof Intl === "undefined") installIntl();
  else installNativeIntl();
  installFunctionText();
  lockDown();
  defineGlobals();
  warmUp();
  return { start, receive, rejected };
}
