/**
 * Imported first by every published module: where Node is too old, one clear error in place of the first function that it lacks.
 */
import { CodecellError } from "./errors.ts";
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem();
if (problem !== undefined)
  throw new CodecellError("engine_unavailable", problem.message, { hint: problem.hint });
