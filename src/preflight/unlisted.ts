import type { ToolUse } from "../compile/program-uses.ts";
import type { Failure } from "../core/errors.ts";
import type { Catalogue } from "../tools/catalogue.ts";

/** Uses of tools whose server has not listed them in this process: nothing is known of their types. */
export function unlisted<Use extends Pick<ToolUse, "server">>(
  uses: readonly Use[],
  catalogue: Catalogue,
): readonly Use[] {
  return uses.filter(({ server }) => !catalogue.isListed(server) || catalogue.isCached(server));
}

/** Why a program with such a use is not run where all types are to be checked. */
export function uncheckable({ server, line, column }: ToolUse, { servers }: Catalogue): Failure {
  const { outage = `server "${server}" is not connected` } =
    servers.find(({ name }) => name === server) ?? {};
  return {
    code: "type_error",
    name: "TypeError",
    message: `the types of its tools cannot be checked: ${outage}`,
    line,
    column,
    hint: "Run the program again when the server is connected, or without what needs it.",
  };
}
