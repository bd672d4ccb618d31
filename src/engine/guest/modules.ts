/** The modules that a program can import: servers and tools, under the paths that wrappers have on disk. */
import * as native from "../../core/primordials.ts";
import { type GuestMeaning, meaningOf, valueOf } from "./meanings.ts";
import {
  contains,
  find,
  type NameEntry,
  namespace,
  NOT_TOOLS,
  readOnly,
  serverEntries,
} from "./tools.ts";

/** `import { … } from specifier`; with no names, the whole module. */
export function link(specifier: string, names: readonly string[]): object {
  if (names.length === 0) return moduleOf(specifier);
  const picked = { __proto__: null } as unknown as Record<string, unknown>;
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    native.defineProperty(picked, name, {
      __proto__: null,
      value: valueOf(meaningOf("export", specifier, name)!),
      enumerable: true,
    } as never);
  }
  return picked;
}

/** Throws when there is none. */
function moduleOf(specifier: string): object {
  const module = meaningOf("module", "", specifier)!;
  valueOf(module); // throws where it is refused
  const exported = (key: string): unknown => {
    const meaning = meaningOf("export", specifier, key)!;
    return meaning[0] === "error" ? undefined : valueOf(meaning);
  };
  return readOnly(
    (key) => (isNoExport(module, key) ? undefined : exported(key)),
    () => entriesOf(module),
  );
}

/** A module of one tool has that tool under every other name. */
function isNoExport(module: GuestMeaning, key: string): boolean {
  if (key === "then" || key === "*") return true;
  return contains(NOT_TOOLS, key) && find(entriesOf(module), key) === undefined;
}

function entriesOf(module: GuestMeaning): readonly NameEntry[] {
  if (module[0] === "all") return serverEntries();
  const { entries } = namespace(module[1]!);
  const tool = module[0] === "tool" ? find(entries, module[2]) : undefined;
  return tool === undefined ? entries : [tool];
}
