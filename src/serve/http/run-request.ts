/** What clients may send to run a program. */
import { z } from "zod";
import { USER_PATTERN, USER_WANTED } from "../../core/caller.ts";
import { SESSION_ID_PATTERN } from "../../core/session-id.ts";
import { cutText } from "../../core/utf8.ts";
import { DEFAULT_LIMITS, type Limits } from "../../index.ts";
import { ApiError } from "./api-error.ts";

/** Longest list of what is wrong with a body, in characters: it may have any number of unknown keys. */
const MAX_PROBLEMS = 2_000;

const LIMITS = z
  .strictObject(
    Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, z.number().optional()])),
  )
  .describe("Caps of this run; at most the service's own");

export const RUN_REQUEST = z.strictObject({
  code: z.string().describe("The program: TypeScript or JavaScript"),
  session: z
    .string()
    .regex(new RegExp(SESSION_ID_PATTERN, "u"))
    .optional()
    .describe("Programs of one session find what those before them left"),
  user: z
    .string()
    .regex(new RegExp(USER_PATTERN, "u"), `must be ${USER_WANTED}`)
    .optional()
    .describe("Who the program runs for; where requests are authenticated it is the token's"),
  limits: LIMITS.optional(),
  timeZone: z
    .string()
    .max(100)
    .optional()
    .describe("The time zone of its local times, a name of the IANA database"),
});

export const FORK_REQUEST = z.strictObject({ id: RUN_REQUEST.shape.session });

/** @throws ApiError 400 that names what is wrong, 415 */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type))
    throw new ApiError(415, "invalid_arguments", "the body must be application/json");
  let json: unknown;
  try {
    json = JSON.parse(await request.text());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ApiError(400, "invalid_arguments", `the body is not JSON: ${error.message}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? "the body" : path.join(".")}: ${message}`,
  );
  throw new ApiError(400, "invalid_arguments", cutText(problems.join("; "), MAX_PROBLEMS));
}

/** A client may ask for less than the service allows, not for more. */
export function checkLimits(
  asked: Partial<Record<string, number | undefined>> | undefined,
  most: Limits,
): Partial<Limits> {
  const given = Object.entries(asked ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const cap = most[name as keyof Limits];
    if (value! <= cap) continue;
    throw new ApiError(
      400,
      "invalid_arguments",
      `limits.${name} is ${value}; this service allows at most ${cap}`,
    );
  }
  return Object.fromEntries(given) as Partial<Limits>;
}
