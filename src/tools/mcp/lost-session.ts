/** Sessions that a server has forgotten, for instance since it was restarted: what its errors say of them. */
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { OWN_ERROR } from "./message.ts";

/** What an error says of the session of its connection. */
export interface Loss {
  /**
   * The server refused the request for its session, before it carried anything out: the request can be made again.
   * Otherwise it may have been carried out.
   */
  readonly isRefused: boolean;
  /** The error alone says it. Otherwise a tool may have meant a session of its own. */
  readonly isProved: boolean;
}

/** The connection that an error came over. */
interface Asked {
  readonly hasSession: boolean;
  readonly isAuthorized: boolean;
}

/** An error of HTTP. */
export interface HttpRefusal {
  readonly status: number;
  readonly text: string;
}

/** So much of a text is looked at, in characters. */
const LOOKED_AT = 500;
const SESSION = /\bsession/i;
const UNKNOWN =
  /\b(?:no|not|unknown|invalid|missing|expired|unrecogni[sz]ed|doesn't|required|gone|stale)\b/i;
const ENDED = /\b(?:during|while|after|lost|terminated|closed|interrupted|aborted|ended)\b/i;
/** It was at work: elsewhere a session that has been terminated is one that it does not know any more. */
const UNDER_WAY = /\b(?:during|while|interrupted)\b/i;
const NOT_INITIALIZED =
  /\b(?:not (?:yet |been )*|un-?)initiali[sz]ed\b|\bbefore (?:the )?initiali[sz]|\binitiali[sz]e first\b/i;
/** What the SDK for Python answers before `initialize`, with no other word. */
const BEFORE_INITIALIZE = "Invalid request parameters";
const INVALID_PARAMS = -32_602;

/** The status and the text with which an HTTP server refused a message. */
export function httpRefusal(error: unknown): HttpRefusal | undefined {
  if (error instanceof StreamableHTTPError && error.code !== undefined && error.code > 0) {
    const text = error.message.replace(
      /^Streamable HTTP error: (?:Error POSTing to endpoint: )?/,
      "",
    );
    return { status: error.code, text };
  }
  // The SDK's older transport has no class for it.
  const [, status, text = ""] =
    (error instanceof Error
      ? /^Error POSTing to endpoint \(HTTP (\d{3})\): ([^]*)$/.exec(error.message)
      : null) ?? [];
  return status === undefined ? undefined : { status: Number(status), text };
}

/** What `error` says of the session; nothing where it says nothing of it. */
export function lossIn(error: unknown, link: Asked): Loss | undefined {
  const refusal = httpRefusal(error);
  if (refusal !== undefined) return link.hasSession ? lossInStatus(refusal, link) : undefined;
  // What is said here of an answer may have the name of the server in it.
  if (!(error instanceof McpError) || error.code === OWN_ERROR) return undefined;
  const says = saysLost(error.message);
  const isBefore =
    error.code === INVALID_PARAMS &&
    error.message.replace(/^(?:MCP error -?\d+: )+/, "") === BEFORE_INITIALIZE;
  if (says === undefined && !isBefore) return undefined;
  return { isRefused: says !== "ended", isProved: false };
}

function lossInStatus({ status, text }: HttpRefusal, { isAuthorized }: Asked): Loss | undefined {
  const says = saysLost(text);
  // Some servers send the errors of calls with such a status too.
  const isOfCall = says === undefined && /"jsonrpc"/.test(text.slice(0, LOOKED_AT));
  // The specification's word for it, and its neighbour. With 401 nobody is to log in: it was let in without before.
  if (status === 404 || status === 410 || (status === 401 && !isAuthorized))
    return {
      isRefused: says !== "ended" || !UNDER_WAY.test(text.slice(0, LOOKED_AT)),
      isProved: !isOfCall,
    };
  // A client's mistake is found before anything is carried out; a server's own may come in the midst of it.
  const isRefused = says !== "ended" && status < 500 && ![408, 413, 429].includes(status);
  return says !== undefined || (status === 400 && !isOfCall)
    ? { isRefused, isProved: false }
    : undefined;
}

function saysLost(text: string): "unknown" | "ended" | undefined {
  const start = text.slice(0, LOOKED_AT);
  if (NOT_INITIALIZED.test(start)) return "unknown";
  if (!SESSION.test(start)) return undefined;
  if (ENDED.test(start)) return "ended";
  return UNKNOWN.test(start) ? "unknown" : undefined;
}

/** Thrown where the session of a connection seems to be lost. */
export class LostSession extends Error {
  readonly loss: Loss;
  /** What is told where it is not, or where a new one is lost as well. */
  readonly failure: Error;

  constructor(loss: Loss, failure: Error) {
    super(failure.message);
    this.loss = loss;
    this.failure = failure;
  }
}
