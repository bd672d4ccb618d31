import { describe, expect, test } from "vitest";
import { nearest } from "../../src/core/nearest.ts";
import { atOnce } from "../../src/core/turns.ts";
import { buildNames, describeCollisions } from "../../src/tools/names.ts";

function aliases(tools: string[]): Record<string, string> {
  const server = buildNames([{ name: "odd", tools }]).servers[0]!;
  return Object.fromEntries(server.tools.map(({ name, alias }) => [name, alias]));
}

describe("identifiers", () => {
  test.each([
    ["create_issue", "createIssue"],
    ["get-user.by/id", "getUserById"],
    ["getUser", "getUser"],
    ["API-get-page", "apiGetPage"],
    ["GET_USER", "getUser"],
    ["delete", "delete_"],
    ["then", "then_"],
    ["constructor", "constructor_"],
    ["toString", "toString_"],
    ["to_string", "toString_"],
    ["__proto__", "__proto___"],
    ["2fa", "_2fa"],
    ["größe_ändern", "größeÄndern"],
    ["日本語", "日本語"],
    ["😀", "_"],
    ["a b", "aB"],
  ])("%s becomes %s", (name, alias) => {
    expect(buildNames([{ name: "s", tools: [name] }]).servers[0]!.tools[0]).toMatchObject({
      name,
      alias,
    });
  });

  test("collisions get a number in the order of their names, whatever the order of the list, and are told", () => {
    expect(aliases(["get_user", "get-user", "get.user"])).toEqual({
      "get-user": "getUser",
      "get.user": "getUser_2",
      get_user: "getUser_3",
    });
    expect(aliases(["get.user", "get_user", "get-user"])).toEqual(
      aliases(["get_user", "get-user", "get.user"]),
    );
    const names = buildNames([{ name: "odd", tools: ["get_user", "get-user"] }]);
    const warnings = atOnce(describeCollisions(names));
    expect(warnings).toEqual([
      "odd: tool 'get_user' is named getUser_2, because its name is like another's",
    ]);
  });

  test("an alias never takes the original name of another tool", () => {
    expect(aliases(["get_user", "getUser", "getUser_2"])).toEqual({
      get_user: "getUser_3",
      getUser: "getUser",
      getUser_2: "getUser2",
    });
    expect(aliases(["delete", "delete_"])).toEqual({ delete: "delete__2", delete_: "delete_" });
  });

  test("flat names keep the spelling and are unique over all servers", () => {
    const { servers } = buildNames([
      { name: "github", tools: ["create_issue"] },
      { name: "a", tools: ["b_c", "b-c"] },
      { name: "a_b", tools: ["c"] },
      { name: "7zip", tools: ["un-zip"] },
    ]);
    const flat = servers.flatMap(({ tools }) => tools.map((tool) => tool.flat));
    expect(flat[0]).toBe("github_create_issue");
    expect(new Set(flat).size).toBe(5);
    expect(flat).toContain("a_b_c");
    expect(flat.at(-1)).toBe("_7zip_un_zip");
  });

  test("servers have identifiers and class names of their own", () => {
    const { servers } = buildNames([
      { name: "my-server", tools: [] },
      { name: "my_server", tools: [] },
      { name: "github", tools: [] },
    ]);
    expect(servers.map(({ alias, className }) => [alias, className])).toEqual([
      ["myServer", "MyServerTools"],
      ["myServer_2", "MyServerTools_2"],
      ["github", "GithubTools"],
    ]);
  });

  test("the version changes with the names only", () => {
    const one = buildNames([{ name: "a", tools: ["x"] }]);
    expect(buildNames([{ name: "a", tools: ["x"] }]).version).toBe(one.version);
    expect(buildNames([{ name: "a", tools: ["y"] }]).version).not.toBe(one.version);
  });
});

describe("nearest", () => {
  const names = ["create_issue", "list_issues", "get_user", "search"];
  test.each([
    ["createIssue", "create_issue"],
    ["create_isue", "create_issue"],
    ["GetUser", "get_user"],
    ["issues", "list_issues"],
    ["serach", "search"],
  ])("%s → %s", (word, expected) => expect(nearest(word, names, 1)).toEqual([expected]));

  test("nothing is near to nonsense, and a huge word costs nothing", () => {
    expect(nearest("qqqqqqqq", names, 3)).toEqual([]);
    expect(nearest("x".repeat(1_000_000), names, 3)).toEqual([]);
  });
});
