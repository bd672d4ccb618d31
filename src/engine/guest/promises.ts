/**
 * What becomes of promises: which calls nobody looks at, which ones the program has stopped waiting for, and which rejections
 * nothing handled. The invariant: a rejection that the program never looked at is reported when the run ends, and no other.
 */
import * as native from "../../core/primordials.ts";

/** What the program does with the promise of one call. */
export interface Watch {
  /** It was awaited, chained, or passed to a function of Promise. */
  isSeen: boolean;
  /** It was passed to `Promise.race`, `any` or `all`, which was decided without it. */
  isGivenUp: boolean;
}

/** `Promise.race`, `any` or `all` at work. */
interface Group {
  isDecided: boolean;
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
const promisePrototype = Promise.prototype;
const nativeThen = native.uncurry(promisePrototype.then) as (
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

/** `promise.then`, which a patched prototype cannot intercept. */
export { nativeThen as promiseThen };

/**
 * The prototype of the promises of calls. Whatever waits for a promise (`await`, `then`, a combinator) asks it for its
 * `constructor` first, by the specification of the language, so that both engines tell here that it is looked at.
 */
const watchedPrototype = native.defineProperty({ __proto__: promisePrototype }, "constructor", {
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
} as never);

function watchOf(value: unknown): Watch | undefined {
  return typeof value === "object" && value !== null
    ? (native.weakMapGet(watches, value) as Watch | undefined)
    : undefined;
}

/** Watches the promise of a call. */
export function watchCall(promise: Promise<unknown>): Watch {
  nativeThen(promise, undefined, ignore); // that it is rejected counts by `isSeen`, not by what the engine says
  const made: Watch = { isSeen: false, isGivenUp: false };
  native.weakMapSet(watches, promise, made);
  native.setPrototypeOf(promise, watchedPrototype);
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

/** Marks the calls that were passed to a combinator that was decided without them. Returns whether other promises were too. */
export function giveUp(): boolean {
  let others = false;
  native.setForEach(inputs, (input) => {
    const { watch, group } = input as Input;
    if (!group.isDecided) return;
    if (watch === undefined) others = true;
    else watch.isGivenUp = true;
  });
  return others;
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
      if (this === NativePromise && native.isArray(values)) follow(values, byValue, byReason);
      return native.reflectApply(method, this, [values]) as Promise<unknown>;
    },
  };
  native.defineProperty(NativePromise, name, {
    __proto__: null,
    value: replacement[name],
    writable: true,
    configurable: true,
  } as never);
}

function follow(values: readonly unknown[], byValue: boolean, byReason: boolean): void {
  const group: Group = { isDecided: false };
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (native.tagOf(value) !== "[object Promise]") {
      if (byValue) group.isDecided = true;
      continue;
    }
    const input: Input = { watch: watchOf(value), group };
    const settled = (decides: boolean) => (): void => {
      setDelete(inputs, input);
      if (decides) group.isDecided = true;
    };
    try {
      nativeThen(value as Promise<unknown>, settled(byValue), settled(byReason));
      native.setAdd(inputs, input);
    } catch {
      // it only claims to be a promise
    }
  }
}
