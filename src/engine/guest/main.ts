/**
 * The guest prelude: everything a program finds in its VM, and the machinery that connects it to the host. The same
 * source serves both engines. It is bundled into one classic script (see build.ts) and evaluated before any program.
 */
import * as native from "../../core/primordials.ts";
import type { ProgramScope } from "../../core/program.ts";
import { callTool, limitCalls, promiseThen, request, settle, ToolError } from "./calls.ts";
import { type Clock, now, useClock } from "./clock.ts";
import { clone } from "./clone.ts";
import { createConsole, limitConsole } from "./console.ts";
import { createCrypto, createRandom, reseed } from "./crypto.ts";
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
import { installHostPort, type Send } from "./host-port.ts";
import { lockDown } from "./lockdown.ts";
import { link } from "./modules.ts";
import { beginRun, sendError, sendValue } from "./outcome.ts";
import { URLSearchParams } from "./search-params.ts";
import { consts, functions, lets, vars } from "./session-globals.ts";
import { clearTimer, fire, setImmediate, setInterval, setTimeout } from "./timers.ts";
import { defineFlat, discovery, forgetNames, tools } from "./tools.ts";
import { URL } from "./url.ts";

/** What the host says about one run. */
export interface Setup {
  readonly callBytes: number;
  readonly valueDepth: number;
  readonly logBytes: number;
  readonly flat: readonly (readonly [flat: string, server: string, tool: string])[];
  /** The host offers requests to the network. */
  readonly fetch: boolean;
  /** Which of the session's runs this is. */
  readonly run: number;
  /** A clock that tells the same again. Default: the engine's own. */
  readonly clock?: Clock;
}

/** The runs of a VM are counted from here. */
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

/** A call of no arguments where the program's entry is a function, else the entry itself. */
function finish(entry: unknown): unknown {
  return typeof entry === "function" ? entry() : entry;
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
    global: globals,
  };
  const names = native.objectKeys(all);
  for (let at = 0; at < names.length; at++)
    define(names[at]!, (all as Record<string, unknown>)[names[at]!]);
  const discoveries = ["listToolCategories", "listTools", "getToolSpec", "searchTools"];
  for (let at = 0; at < discoveries.length; at++)
    define(discoveries[at]!, discovery(discoveries[at]!));
}

/** What is there already is the session's. */
function defineMissing(name: string, value: unknown): void {
  if (!native.hasOwn(globals, name)) define(name, value);
}

function prepare(setupText: string): Setup {
  const setup = native.parseJson(setupText) as Setup;
  limitCalls(setup.callBytes, setup.valueDepth);
  limitConsole(setup.logBytes);
  beginRun(setup.run);
  if (setup.fetch) {
    defineMissing("fetch", fetch);
    defineMissing("Headers", Headers);
    defineMissing("Response", Response);
  }
  if (setup.run === FIRST_RUN) {
    if (setup.clock !== undefined) useClock(setup.clock);
    define("performance", createPerformance());
  } else forgetNames();
  defineFlat(globals, setup.flat);
  return setup;
}

/**
 * Do once what every run does, while the VM waits for its run: engines compile a function when it is first called. The
 * host does not listen yet.
 */
function warmUp(): void {
  prepare('{"callBytes":1000,"valueDepth":9,"logBytes":9,"flat":[],"fetch":false,"run":0}');
  promiseThen(callTool("", "", {}), undefined, () => {});
  settle(1, '{"a":[1]}');
  sendValue({ a: [1, "x"] }, 1_000, 9, 0);
}

/** Run a program: the host gives the function that its code evaluates to. */
function start(program: ProgramFunction, setupText: string): void {
  const { callBytes, valueDepth, run } = prepare(setupText);
  const meta = { url: "file:///program.ts" };
  const scope: ProgramScope = native.freeze({
    link,
    import: importModule,
    meta,
    disposables,
    finish,
    let: lets,
    const: consts,
    functions,
    vars,
  });
  let running: Promise<unknown>;
  try {
    running = program(scope);
  } catch (error) {
    return sendError(error); // an engine may find only here that it cannot compile something so deep
  }
  promiseThen(
    running,
    (value) => sendValue(value, callBytes, valueDepth, run),
    (error) => sendError(error, run),
  );
}

/** The host's only way in: an answer to a request, a timer that is due, the news that this VM is a copy of another. */
function receive(kind: string, id: number, text: string): void {
  if (kind === "answer") return settle(id, text);
  if (kind === "copied") return reseed();
  try {
    fire(id);
  } catch (error) {
    sendError(error);
  }
}

/** Called once per VM with the door to the host. */
export function boot(send: Send): { start: typeof start; receive: typeof receive } {
  installHostPort(send);
  setTimerHook((ms, callback) => void setTimeout(callback, ms));
  Math.random = createRandom();
  installDisposal();
  lockDown();
  defineGlobals();
  warmUp();
  return { start, receive };
}
