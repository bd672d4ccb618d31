import { CodecellError } from "./core/errors.ts";

/** @throws CodecellError `config_error` for what is no text */
export function checkProgram(code: unknown): void {
  if (typeof code === "string") return;
  throw new CodecellError("config_error", `the program must be a string, not ${typeof code}`);
}
