import { CodecellError } from "../../core/errors.ts";

export function wrong(message: string): CodecellError {
  return new CodecellError("config_error", message);
}

export function strings(value: unknown, place: string): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw wrong(`${place} must be a list of strings`);
}
