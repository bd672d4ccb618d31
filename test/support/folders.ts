/** Folders for one test file, which are gone when it ends. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll } from "vitest";

/** The path of a new folder, without symbolic links. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(`${tmpdir()}/codecell-test-`));
  made.push(folder);
  return folder;
}

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
