import { ToolError } from "../core/tool-error.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";

/** A server whose entry in the config is wrong: it has no tools, and says why. */
export class FailedSource implements ToolSource {
  readonly name: string;
  readonly warnings: readonly string[] = [];
  readonly failure: string;
  readonly outage: string;
  readonly isFinal = true;

  /** @param reason what is wrong with the entry, for whoever runs codecell */
  constructor(name: string, reason: string) {
    this.name = name;
    this.failure = `server "${name}" did not start: ${reason}`;
    this.outage = `server "${name}" did not start: its entry in the config is wrong`;
  }

  async list(): Promise<readonly ToolInfo[]> {
    throw new ToolError("tool_error", this.failure);
  }

  async call(tool: string): Promise<never> {
    throw new ToolError("tool_error", this.outage, { tool: `${this.name}.${tool}` });
  }
}
