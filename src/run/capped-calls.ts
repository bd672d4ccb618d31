import type { CallRecord } from "../core/result.ts";
import { cutText } from "../core/utf8.ts";

/** Characters of all call records of one result: two thousand ordinary ones. */
const MAX_CHARACTERS = 256 * 1024;
/** What a record has besides the name and the error, as JSON. */
const RECORD_CHARACTERS = 64;
/** Characters of a tool's name in a record: servers name their tools, and programs name those that do not exist. */
export const MAX_TOOL_NAME = 200;
/** Characters of a failure's message in a record; the program got the whole message. */
export const MAX_CALL_ERROR = 1_000;

/** The call records that a result has, and how many it leaves out. */
export interface CappedCalls {
  readonly calls: readonly CallRecord[];
  readonly left: number;
}

/** The first records that fit into a result, with their texts cut. */
export function cappedCalls(records: readonly CallRecord[]): CappedCalls {
  const calls: CallRecord[] = [];
  let room = MAX_CHARACTERS;
  for (const record of records) {
    const call = cutRecord(record);
    room -= RECORD_CHARACTERS + call.tool.length + (call.error?.length ?? 0);
    if (room < 0) break;
    calls.push(call);
  }
  return { calls, left: records.length - calls.length };
}

/** A record with texts of bounded length. */
export function cutRecord(record: CallRecord): CallRecord {
  const { tool, error } = record;
  return {
    ...record,
    tool: cutText(tool, MAX_TOOL_NAME),
    ...(error === undefined ? {} : { error: cutText(error, MAX_CALL_ERROR) }),
  };
}
