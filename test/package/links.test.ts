/** Links of the documents, and what the pages of npm make of them. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const documents = globSync(["*.md", "docs/**/*.md", "{bench,deploy,test}/**/*.md"], {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
});

/** Without blocks and spans of code: what looks like a link there is none. */
function proseOf(document: string): string {
  return readFileSync(join(root, document), "utf8")
    .replaceAll(/^( *)(```+|~~~+)[\s\S]*?^\1\2/gm, "")
    .replaceAll(/<!--[\s\S]*?-->/g, "");
}

/** The targets of inline links and images, of reference definitions, and of HTML attributes. */
function targetsOf(document: string): string[] {
  const prose = proseOf(document).replaceAll(/`[^`\n]+`/g, "code");
  const found = [
    ...prose.matchAll(/\]\(<?([^\s)>]+)>?(?: "[^"]*")?\)/g),
    ...prose.matchAll(/^ {0,3}\[[^\]]+\]: <?(\S+?)>?$/gm),
    ...prose.matchAll(/(?:href|src|srcset)="([^"]+)"/g),
  ];
  return found.map(([, target]) => target!);
}

/** The anchors of a document: its headings as GitHub and npm name them, and ids that stand in it. */
function anchorsOf(document: string): Set<string> {
  const prose = proseOf(document);
  const anchors = new Set([...prose.matchAll(/(?:id|name)="([^"]+)"/g)].map(([, id]) => id!));
  for (const [, heading] of prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const text = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = text.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    let name = slug;
    for (let copy = 1; anchors.has(name); copy++) name = `${slug}-${copy}`;
    anchors.add(name);
  }
  return anchors;
}

/** What is wrong with a link of `document`, or nothing. */
function faultOf(document: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target))
    return URL.canParse(target) ? undefined : `${target} is no address`;
  const [path, anchor] = target.split("#") as [string, string?];
  const file = path === "" ? document : normalize(join(dirname(document), decodeURI(path)));
  if (target.startsWith("/") || file.startsWith("..")) return `${target} leaves the repository`;
  if (!existsSync(join(root, file))) return `${target} does not exist`;
  if (anchor === undefined) return undefined;
  if (!file.endsWith(".md")) return `${target} has an anchor, and is no document`;
  return anchorsOf(file).has(anchor) ? undefined : `${target} has no such heading`;
}

test.each(documents)("every link of %s has a target", (document) => {
  const faults = targetsOf(document).map((target) => faultOf(document, target));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});

test("links and anchors are found, and what is wrong with them", () => {
  expect(targetsOf("README.md")).toEqual(expect.arrayContaining(["SECURITY.md", "AUDIT.md"]));
  expect(anchorsOf("README.md")).toContain("set-up");
  expect(faultOf("README.md", "#set-up")).toBeUndefined();
  expect(faultOf("bench/README.md", "../README.md#set-up")).toBeUndefined();
  expect(faultOf("README.md", "#no-such")).toMatch(/no such heading/);
  expect(faultOf("README.md", "no/such.md")).toMatch(/does not exist/);
  expect(faultOf("bench/README.md", "../../other")).toMatch(/leaves the repository/);
});

describe("on npm", () => {
  const { homepage, bugs, repository } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  ) as { homepage: string; bugs: { url: string }; repository: { type: string; url: string } };

  // npm resolves relative links of a README against the repository, from the root of its default branch.
  test("relative links of the README resolve against the repository", () => {
    expect(repository).toEqual({ type: "git", url: expect.any(String) });
    const [, address] = /^git\+(https:\/\/github\.com\/[\w.-]+\/[\w.-]+)\.git$/.exec(
      repository.url,
    )!;
    expect(homepage).toBe(`${address}#readme`);
    expect(bugs).toEqual({ url: `${address}/issues` });
  });

  test("and point to files that are committed, not to ones that are built", () => {
    const ignored = readFileSync(join(root, ".gitignore"), "utf8").split("\n").filter(Boolean);
    const files = targetsOf("README.md").filter((target) => !/^[a-z]+:|^#/i.test(target));
    for (const file of files) expect(ignored, file).not.toContain(normalize(file).split("/")[0]);
  });
});
