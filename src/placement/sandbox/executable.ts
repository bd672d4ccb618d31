import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { sandboxUnavailable } from "./unavailable.ts";

/**
 * The path of a program. Relative folders of the PATH are ignored: they depend on the current folder.
 * @throws CodecellError `sandbox_unavailable` with the package to install
 */
export async function findExecutable(name: string): Promise<string> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute)) {
    const file = join(folder, name);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  throw sandboxUnavailable(`${name} is not on the PATH`);
}
