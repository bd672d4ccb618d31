/**
 * The clock of programs: the engine's own, or one that a replay can repeat. The latter either reads the host's clock, where
 * each reading is recorded, or is a virtual clock that only timers move.
 */
import { send } from "./host-port.ts";

/** `host`: every reading comes from the host. A number: the start, in ms since 1970, of a clock that only timers move. */
export type Clock = "host" | number;

const nativeNow = Date.now;
const NativeNumber = Number;
let virtual: number | undefined;
let read: () => number = nativeNow;

export function now(): number {
  return read();
}

/** The time at which a timer of `ms` is due, on a clock that only timers move. */
export function dueAfter(ms: number): number {
  return virtual === undefined ? 0 : virtual + ms;
}

/** Advances the clock to the time at which a timer is due. */
export function moveTo(due: number): void {
  if (virtual !== undefined && due > virtual) virtual = due;
}

/** Replaces the engine's clock by `clock` for the program. */
export function useClock(clock: Clock): void {
  if (typeof clock === "number") {
    virtual = clock;
    read = () => virtual!;
  } else read = () => NativeNumber(send("now", 0, "", ""));
}
