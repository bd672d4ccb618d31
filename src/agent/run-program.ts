/** Runs a program that a model wrote, in the session that it is for, and answers in any case. */
import {
  type CallRecord,
  CodecellError,
  type LogEntry,
  type Runtime,
  type RunOptions,
  type Session,
} from "../index.ts";
import { type AgentAnswer, resultAnswer, textAnswer } from "./answer.ts";
import type { AgentCallOptions } from "./call-options.ts";
import type { ResolvedAgentOptions } from "./resolve-options.ts";

/** Pictures come as text inside the value; they are taken out before it is cut. All that one answer may have of them. */
const MEDIA_BYTES = 8 * 1024 * 1024;
const LOG_BYTES = 8_192;

/** @throws CodecellError for what the model can do nothing about */
export async function runProgram(
  runtime: Runtime,
  { code, session }: Readonly<Record<string, unknown>>,
  call: AgentCallOptions,
  options: ResolvedAgentOptions,
): Promise<AgentAnswer> {
  const { maxChars } = options;
  if (typeof code !== "string")
    return textAnswer('invalid_arguments: code is missing; send { "code": "…" }', maxChars, true);
  if (session !== undefined && typeof session !== "string")
    return textAnswer("invalid_arguments: session must be a name", maxChars, true);
  const user = call.user ?? options.user;
  const whose = user === undefined ? {} : { user };
  const { memoryMb: _, ...limits } = limitsOf(runtime, options);
  const run: RunOptions = { ...runOptions(call, options), limits };
  try {
    const opened = await sessionOf(runtime, session, whose, options);
    if (opened !== undefined) return resultAnswer(await opened.run(code, run), maxChars);
    const all = { ...limits, ...memoryOf(options) };
    return resultAnswer(await runtime.run(code, { ...run, limits: all, ...whose }), maxChars);
  } catch (error) {
    // Without a session of its own, only what passes by itself is something that a model can do anything about.
    if (!CodecellError.is(error) || (session === undefined && error.code !== "rate_limited"))
      throw error;
    const text = `${error.code}: ${error.message}`;
    return textAnswer([text, adviceFor(error)].filter(Boolean).join("\n\n"), maxChars, true);
  }
}

/** The session that the model names, else that of the chat, if it has one. */
async function sessionOf(
  runtime: Runtime,
  named: string | undefined,
  whose: { readonly user?: string },
  options: ResolvedAgentOptions,
): Promise<Session | undefined> {
  const { session, scope } = options;
  const opening = { ...whose, limits: memoryOf(options) };
  if (named !== undefined && scope !== false)
    return await runtime.scopedSession(scope, named, opening);
  if (named !== undefined) return await runtime.session(named, opening);
  return session === undefined ? undefined : await runtime.chatSession(session, opening);
}

function memoryOf({ limits: { memoryMb } }: ResolvedAgentOptions): { readonly memoryMb?: number } {
  return memoryMb === undefined ? {} : { memoryMb };
}

function limitsOf(
  runtime: Runtime,
  { limits }: ResolvedAgentOptions,
): RunOptions["limits"] & object {
  const { logBytes } = runtime.describe().limits;
  return { resultBytes: MEDIA_BYTES, logBytes: Math.min(logBytes, LOG_BYTES), ...limits };
}

function runOptions(
  { signal, onModel, onProgress: told }: AgentCallOptions,
  { typeCheck, onProgress: always }: ResolvedAgentOptions,
): RunOptions {
  const onProgress = told ?? always;
  return {
    ...(typeCheck === false ? {} : { typeCheck }),
    ...(signal === undefined ? {} : { signal }),
    ...(onModel === undefined ? {} : { onModel }),
    ...(onProgress === undefined
      ? {}
      : {
          onLog: ({ text }: LogEntry) => onProgress(text),
          onCall: ({ tool, ok, ms }: CallRecord) =>
            onProgress(`${tool} ${ok ? "answered" : "failed"} after ${Math.round(ms)} ms`),
        }),
  };
}

/** What a model can do about it: the settings are its host's. */
function adviceFor({ code, hint, retryAfterMs }: CodecellError): string | undefined {
  if (code === "quota_exceeded") return "Go on in a session that there is, or leave `session` out.";
  return retryAfterMs === undefined ? hint : `Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`;
}
