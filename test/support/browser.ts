/** A real browser, for what only it can tell: whether a page can be read. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"] as const;

/** Headless Chromium, which ends with what disposes of it. Throws when there is none on this machine. */
export function launchBrowser(): Promise<Browser> {
  // Tests run as root in containers, where Chromium refuses its own sandbox.
  return chromium.launch({ executablePath: find(), args: ["--no-sandbox"], timeout: 120_000 });
}

function find(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const files = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = files.find(isExecutable);
  if (found === undefined) {
    const missing = `No browser: none of ${NAMES.join(", ")} is on the PATH.`;
    throw new Error(`${missing} As root: apt-get install chromium`);
  }
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
