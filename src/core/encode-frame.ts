/** Where an encoder is in its value, for messages and for finding cycles. */
import * as native from "./primordials.ts";
import { type WireError, wireError } from "./wire-format.ts";

/** The containers around the current value, innermost first. */
export interface Frame {
  readonly container: object;
  readonly parent: Frame | undefined;
  readonly depth: number;
  /** Of the container and those around it, the one whose depth is the largest power of two. */
  landmark: object | undefined;
  key: string | number;
}

interface Caps {
  readonly maxDepth: number;
  /** Name of the value in messages. */
  readonly label: string;
}

/**
 * A cycle comes by one of its landmarks (Brent 1980), or is too deep: comparing with all containers around would cost each as
 * much as it is deep.
 * @throws WireError for either
 */
export function inside(container: object, parent: Frame | undefined, caps: Caps): Frame {
  const depth = parent === undefined ? 1 : parent.depth + 1;
  const frame: Frame = { container, parent, depth, landmark: parent?.landmark, key: "" };
  if (depth > caps.maxDepth || container === frame.landmark) throw tooDeep(frame, caps);
  if ((depth & (depth - 1)) === 0) frame.landmark = container;
  return frame;
}

function tooDeep(deepest: Frame, { label, maxDepth }: Caps): WireError {
  const outermostFirst: Frame[] = [];
  for (let at: Frame | undefined = deepest; at !== undefined; at = at.parent)
    native.defineProperty(outermostFirst, at.depth - 1, { __proto__: null, value: at } as never);
  for (let at = 1; at < outermostFirst.length; at++) {
    const { container, parent } = outermostFirst[at]!;
    for (let outer = 0; outer < at; outer++) {
      if (outermostFirst[outer]!.container !== container) continue;
      const target = pathOf(outermostFirst[outer]!.parent, label);
      return refusal(parent, label, `refers back to ${target}: a cycle cannot be sent as data`);
    }
  }
  return refusal(undefined, label, `is nested deeper than ${maxDepth} levels`);
}

/** What is thrown for a value that cannot cross; `frame` is the container in which it is. */
export function refusal(frame: Frame | undefined, label: string, why: string): WireError {
  return wireError("not_serializable", `${pathOf(frame, label)} ${why}`);
}

function pathOf(frame: Frame | undefined, label: string): string {
  if (frame === undefined) return label;
  const { key } = frame;
  const step = typeof key === "number" ? `[${key}]` : `.${key}`;
  return pathOf(frame.parent, label) + step;
}
