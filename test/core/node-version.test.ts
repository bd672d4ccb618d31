import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nodeProblem, otherRuntime, runtimeName } from "../../src/core/node-version.ts";

test.each(["22.15.0", "22.15.1-nightly", "22.23.3", "24.0.0", "26.10.0", "100.0.0"])(
  "Node %s is no problem",
  (node) => {
    expect(nodeProblem({ node })).toBeUndefined();
    expect(runtimeName({ node })).toBe(`Node ${node}`);
  },
);

test.each(["4.0.0", "20.20.2", "22.14.9"])("Node %s is told what is needed", (node) => {
  expect(nodeProblem({ node })).toEqual({
    message: `codecell needs Node 22.15 or later, and this is Node ${node}`,
    hint: "Install a newer Node, and run npm install again with it.",
  });
});

test("what is like Node is called by its name", () => {
  expect(runtimeName({ node: "26.3.0", bun: "1.4.5" })).toBe("Bun 1.4.5");
  expect(otherRuntime({ node: "26.3.0", deno: "2.9.6" })).toBe("Deno 2.9.6");
  expect(otherRuntime({ node: "26.3.0" })).toBeUndefined();
  expect(nodeProblem({ node: "26.3.0", bun: "1.4.5" })).toBeUndefined();
  expect(nodeProblem({ node: "21.6.0", bun: "1.0.1" })).toEqual({
    message: "codecell needs Node 22.15 or later, and this is Bun 1.0.1, which is like Node 21.6.0",
    hint: "Install a newer Bun, and run npm install again with it.",
  });
});

test.each([{}, { node: undefined }, { node: "" }, { node: "next" }])(
  "a platform without a version of Node (%j) is not judged",
  (versions) => {
    expect(nodeProblem(versions)).toBeUndefined();
  },
);

test("the package asks npm for the same version", () => {
  const manifest = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { engines: { node: string } };
  const oldest = manifest.engines.node.replace(">=", "");
  expect(nodeProblem({ node: `${oldest}.0` })).toBeUndefined();
  expect(nodeProblem({ node: "0.0.0" })?.message).toContain(`Node ${oldest} or later`);
});
