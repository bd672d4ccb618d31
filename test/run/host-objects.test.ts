import { describe, expect, test } from "vitest";
import { hostObjectsIn } from "../../src/run/host-objects.ts";

const tx = { [Symbol.dispose]: () => {} };

/** With functions, so that it cannot be sent as data. */
class Client {
  readonly options = { onError: () => {} };

  close(): void {}
}

/** What closing it would do is its own business: it is data. */
class Issue {
  readonly id = 1;

  close(): void {}
}

describe("objects with methods in a result that no program gets", () => {
  test("are found behind what cannot be sent, in the order in which they stand", () => {
    const other = { ping: () => 1, inner: { [Symbol.asyncDispose]: () => {} } };
    const value = [Array(10_000).fill(1), Symbol("bad"), new Map([["a", tx]]), { in: [other] }];
    expect([...hostObjectsIn(value)]).toEqual([tx, other, other.inner]);
  });

  test("are none that are data, nor what instances hold", () => {
    class Holder {
      readonly tx = tx;
    }
    expect([...hostObjectsIn([new Issue(), new Holder(), () => 1, Symbol("bad")])]).toEqual([]);
  });

  test("are found whatever stands beside them fails", () => {
    const thrower = {
      get a(): never {
        throw new Error("no");
      },
    };
    const client = new Client();
    expect([...hostObjectsIn([thrower, client])]).toEqual([client]);
  });

  test("are looked for within a bound for the whole value", () => {
    let reads = 0;
    const list = new Proxy(Array(5_000).fill(1), {
      get: (target, key, receiver) => {
        reads++;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    hostObjectsIn([...Array.from({ length: 1_000 }, () => list), Symbol("bad")]);
    expect(reads).toBeLessThan(200_000);
    const large = Object.assign(new Issue(), { list });
    hostObjectsIn([...Array.from({ length: 1_000 }, () => large), Symbol("bad")]);
    expect(reads).toBeLessThan(400_000);
  });

  test("of a cycle are found once", () => {
    const value: unknown[] = [tx, Symbol("bad")];
    value.push(value, tx);
    expect([...hostObjectsIn(value)]).toEqual([tx]);
  });
});
