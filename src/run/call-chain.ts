/**
 * The chain that every call passes: tools, resources, prompts and `fetch`. What happens around a call is a link, and this
 * is their order. By a dependency rule only the files of the chain import what makes a call.
 */
import { type LearnedShapes, learnShapes } from "../discovery/learned-shapes.ts";
import { arrangeLink } from "../policy/arrange-arguments.ts";
import { awaitServer } from "../policy/await-server.ts";
import { callSource } from "../policy/call-source.ts";
import { checkArguments } from "../policy/check-arguments.ts";
import { compose } from "../policy/compose.ts";
import { reportDenied } from "../policy/report-denied.ts";
import type { Caller } from "../core/caller.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { Middleware, Next } from "../tools/tool-call.ts";
import type { ToolSource } from "../tools/tool.ts";
import { encodeResults } from "./encode-result.ts";
import { keepResults } from "./kept/keep-results.ts";

/** What the links work with. */
export interface ChainParts {
  /** The tools that a caller may see. */
  readonly catalogueOf: (caller: Caller) => Catalogue;
  readonly sources: readonly ToolSource[];
  /** Where shapes of results are learned; absent without the option `learn`. */
  readonly shapes: LearnedShapes | undefined;
  /** Holds results whose tokens are counted; see `ResultHolder`. */
  readonly holdResults: Middleware;
  /** Returns recorded results, and records new ones; see `RecordedCalls`. */
  readonly recordedCalls: Middleware;
}

/**
 * Folds the links, outermost first. A call comes in decoded. The first four links are outside the order below: they
 * record what the program gets, whatever decided about it. A link that waits for days needs the journal's `begin` behind
 * it. Later links take the place that the order gives them:
 * decode → await the server → arrange, validate, fill in defaults → restore tokens → bounds and rules → approve (digest of the real values) → quota →
 * commit to the audit → cache → retry → call → tokenise.
 */
export function callChain({ catalogueOf, sources, shapes, ...parts }: ChainParts): Next {
  const links = [
    reportDenied,
    parts.holdResults,
    parts.recordedCalls,
    encodeResults,
    keepResults,
    awaitServer(catalogueOf),
    arrangeLink(catalogueOf),
    checkArguments(catalogueOf),
    ...(shapes === undefined ? [] : [learnShapes(shapes)]),
  ];
  return compose(links, callSource(sources));
}
