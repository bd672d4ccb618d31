/**
 * What becomes of promises: which calls nobody looks at, which ones the program has stopped waiting for, and which rejections
 * nothing handled. The invariant: a rejection that the program never looked at is reported when the run ends, and no other.
 */
import * as native from "../../core/primordials.ts";

/** What the program does with the promise of one call. */
export interface Watch {
  /** Number of the call in its VM, from 1. */
  readonly number: number;
  /** Server and tool, with a line break between them. */
  readonly name: string;
  /** It was awaited, chained, or passed to a function of Promise. */
  isSeen: boolean;
  /** It was passed to `Promise.race`, `any` or `all`, which was decided without it. */
  isGivenUp: boolean;
}

/** `Promise.race`, `any` or `all` at work. */
interface Group {
  /** Number of the last call that had been made when it was decided. */
  decidedAt: number | undefined;
}

interface Input {
  readonly watch: Watch | undefined;
  readonly group: Group;
}

interface Rejection {
  readonly reason: unknown;
  readonly watch: Watch | undefined;
}

type Combinator = "all" | "any" | "race";
type Method = (this: unknown, values: unknown) => Promise<unknown>;

/** Rejections that are remembered, which keeps them in memory; the others are only counted. */
const MAX_REMEMBERED = 1_000;
/** Rejections that are described for the host. */
const MAX_REPORTED = 20;

const NativePromise = Promise;
const nativeThen = native.uncurry(Promise.prototype.then) as (
  promise: Promise<unknown>,
  resolved?: (value: unknown) => unknown,
  rejected?: (reason: unknown) => unknown,
) => Promise<unknown>;
const mapDelete = native.uncurry(Map.prototype.delete) as (map: unknown, key: unknown) => boolean;
const setDelete = native.uncurry(Set.prototype.delete) as (set: unknown, key: unknown) => boolean;

const watches = new native.NativeWeakMap<object, Watch>();
/** Inputs of combinators that have not settled. */
const inputs = new native.NativeSet<Input>();
/** Rejections that nothing has handled, by the promise or by the watch of the call. */
const rejections = new native.NativeMap<object, Rejection>();
let unremembered = 0;
let calls = 0;

/** `promise.then`, which a patched prototype cannot intercept. */
export { nativeThen as promiseThen };

/**
 * A property of the promises of calls. Whatever waits for a promise (`await`, `then`, a combinator) asks it for its
 * `constructor` first, by the specification of the language, so that both engines tell here that it is looked at.
 */
const WATCHED = {
  __proto__: null,
  get(this: unknown): unknown {
    const watch = watchOf(this);
    if (watch !== undefined) watch.isSeen = true;
    return NativePromise;
  },
  set(this: object, value: unknown): void {
    const own = { __proto__: null, value, writable: true, configurable: true, enumerable: true };
    native.defineProperty(this, "constructor", own as never);
  },
  configurable: true,
} as never;

/** What is known of the promise of a call. */
export function watchOf(value: unknown): Watch | undefined {
  return typeof value === "object" && value !== null
    ? (native.weakMapGet(watches, value) as Watch | undefined)
    : undefined;
}

/** Watches the promise of a call. */
export function watchCall(promise: Promise<unknown>, name: string): Watch {
  nativeThen(promise, undefined, ignore); // that it is rejected counts by `isSeen`, not by what the engine says
  const made: Watch = { number: ++calls, name, isSeen: false, isGivenUp: false };
  native.weakMapSet(watches, promise, made);
  native.defineProperty(promise, "constructor", WATCHED);
  return made;
}

function ignore(): void {}

/** A call has failed. */
export function noteFailure(watch: Watch, reason: unknown): void {
  if (!watch.isSeen) remember(watch, { reason, watch });
}

/** A promise was rejected that nothing has handled so far. For engines that say so. */
export function noteRejection(promise: object, reason: unknown): void {
  remember(promise, { reason, watch: undefined });
}

function remember(key: object, rejection: Rejection): void {
  if (native.mapSize(rejections) < MAX_REMEMBERED) native.mapSet(rejections, key, rejection);
  else unremembered++;
}

/** Something has handled a rejection after all. */
export function noteHandled(promise: object): void {
  if (!mapDelete(rejections, promise) && unremembered > 0) unremembered--;
}

/** Takes the rejections that nothing has handled. Returns the number of those that are not reported. */
export function takeRejections(report: (reason: unknown) => void): number {
  let reported = 0;
  let more = unremembered;
  unremembered = 0;
  native.mapForEach(rejections, (rejection, key) => {
    mapDelete(rejections, key);
    const { reason, watch } = rejection as Rejection;
    if (watch?.isSeen === true) return;
    if (reported < MAX_REPORTED) report(reason);
    else more++;
    reported++;
  });
  return more;
}

/**
 * Marks the calls that were passed to a combinator that was decided without them. Returns the number of the last call that
 * other such promises may wait for: none that was made after the decision is given up.
 */
export function giveUp(): number {
  let last = 0;
  native.setForEach(inputs, (input) => {
    const { watch, group } = input as Input;
    if (group.decidedAt === undefined) return;
    if (watch !== undefined) watch.isGivenUp = true;
    else if (group.decidedAt > last) last = group.decidedAt;
  });
  return last;
}

/** Replaces the functions of Promise that can be decided before all their inputs are. */
export function installCombinators(): void {
  combinator("all", false, true);
  combinator("any", true, false);
  combinator("race", true, true);
}

/** @param byValue whether a fulfilled input decides it @param byReason whether a rejected one does */
function combinator(name: Combinator, byValue: boolean, byReason: boolean): void {
  const method = NativePromise[name] as Method;
  const replacement = {
    [name](this: unknown, values: unknown): Promise<unknown> {
      const passed = this === NativePromise ? followed(values, byValue, byReason) : values;
      return native.reflectApply(method, this, [passed]) as Promise<unknown>;
    },
  };
  native.defineProperty(NativePromise, name, {
    __proto__: null,
    value: replacement[name],
    writable: true,
    configurable: true,
  } as never);
}

/** What the combinator gets in place of `values`, whose promises are followed. */
function followed(values: unknown, byValue: boolean, byReason: boolean): unknown {
  const group: Group = { decidedAt: undefined };
  if (native.isArray(values)) {
    for (let at = 0; at < values.length; at++) follow(values[at], group, byValue, byReason);
    return values;
  }
  return typeof values === "object" && values !== null
    ? followedLater(values as Iterable<unknown>, group, byValue, byReason)
    : values;
}

/** Any other iterable may be endless or throw: its values are followed as the engine takes them. */
function* followedLater(
  values: Iterable<unknown>,
  group: Group,
  byValue: boolean,
  byReason: boolean,
): Generator<unknown> {
  for (const value of values) {
    follow(value, group, byValue, byReason);
    yield value;
  }
}

function follow(value: unknown, group: Group, byValue: boolean, byReason: boolean): void {
  if (native.tagOf(value) !== "[object Promise]") {
    if (byValue) decide(group);
    return;
  }
  const input: Input = { watch: watchOf(value), group };
  const settled = (decides: boolean) => (): void => {
    setDelete(inputs, input);
    if (decides) decide(group);
  };
  try {
    nativeThen(value as Promise<unknown>, settled(byValue), settled(byReason));
    native.setAdd(inputs, input);
  } catch {
    // it only claims to be a promise
  }
}

function decide(group: Group): void {
  group.decidedAt ??= calls;
}
