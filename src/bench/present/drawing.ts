/** Parts of a picture, each in coordinates from its own upper left corner. */
import { type Markup, markup } from "./markup.ts";

export interface Drawing {
  /** In px; the width is given by the caller. */
  readonly height: number;
  readonly body: Markup;
}

/** Parts below each other, `gap` px apart. */
export function stack(parts: readonly Drawing[], gap = 0): Drawing {
  let height = 0;
  const moved = parts.map((part, at) => {
    const top = height + (at > 0 ? gap : 0);
    height = top + part.height;
    return markup`<g transform="translate(0 ${top})">${part.body}</g>`;
  });
  return { height, body: markup`${moved}` };
}

/** Empty space. */
export function space(height: number): Drawing {
  return { height, body: markup`` };
}
