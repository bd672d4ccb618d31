import * as native from "../../core/primordials.ts";
import { dueAfter, moveTo } from "./clock.ts";
import { send } from "./host-port.ts";

interface Timer {
  readonly callback: (...args: unknown[]) => unknown;
  readonly args: readonly unknown[];
  readonly repeat: number | undefined;
  /** See clock.ts. */
  due: number;
}

/** Largest number of timers at a time. The host has a cap of its own. */
const MAX_TIMERS = 10_000;

const timers = new native.NativeMap<number, Timer>();
const timerGet = native.uncurry(Map.prototype.get) as (
  map: unknown,
  id: number,
) => Timer | undefined;
const timerDelete = native.uncurry(Map.prototype.delete) as (map: unknown, id: unknown) => boolean;
const sizeOf = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;
let lastId = 0;

function start(
  callback: unknown,
  delay: unknown,
  args: readonly unknown[],
  repeats: boolean,
): number {
  if (typeof callback !== "function")
    throw new TypeError("the callback of a timer must be a function");
  if ((native.reflectApply(sizeOf, timers, []) as number) >= MAX_TIMERS) {
    throw new RangeError(`more than ${MAX_TIMERS} timers at once`);
  }
  const ms = +(delay as number);
  const wait = ms > 0 && ms < 2 ** 31 ? ms : 0; // as in browsers and Node: an invalid delay is 0
  const id = ++lastId;
  const timer = {
    callback: callback as Timer["callback"],
    args,
    repeat: repeats ? wait : undefined,
    due: dueAfter(wait),
  };
  native.mapSet(timers, id, timer);
  send("timer", id, "start", `${wait}`);
  return id;
}

export function setTimeout(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return start(callback, delay, args, false);
}

export function setInterval(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return start(callback, delay, args, true);
}

export function setImmediate(callback: unknown, ...args: unknown[]): number {
  return start(callback, 0, args, false);
}

export function clearTimer(id: unknown): void {
  if (timerDelete(timers, id)) send("timer", id as number, "clear", "");
}

/** Called when the host reports that a timer is due. */
export function fire(id: number): void {
  const timer = timerGet(timers, id);
  if (timer === undefined) return;
  moveTo(timer.due);
  if (timer.repeat === undefined) timerDelete(timers, id);
  else {
    timer.due = dueAfter(timer.repeat);
    send("timer", id, "start", `${timer.repeat}`);
  }
  native.reflectApply(timer.callback, undefined, timer.args as unknown[]);
}
