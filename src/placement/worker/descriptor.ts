import { Socket } from "node:net";
import { Duplex, Readable, Writable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

/** What is used of Bun. Its sockets take no descriptor, and its file streams of `node:fs` block one of few threads while they wait. */
interface Bun {
  file(fd: number): {
    stream(): ReadableStream;
    writer(): { write(bytes: Uint8Array): unknown; flush(): unknown };
  };
}

const { Bun } = globalThis as { readonly Bun?: Bun };

/** A descriptor that this process was started with, to read from. */
export function readDescriptor(fd: number): Readable {
  return Bun === undefined
    ? new Socket({ fd, readable: true, writable: false })
    : Readable.fromWeb(Bun.file(fd).stream());
}

/** A descriptor that this process was started with, to read from and write to. */
export function duplexDescriptor(fd: number): Duplex {
  if (Bun === undefined) return new Socket({ fd, readable: true, writable: true });
  const writer = Bun.file(fd).writer();
  const write = async (bytes: Uint8Array): Promise<void> => {
    await writer.write(bytes);
    await writer.flush();
  };
  const writable = new Writable({
    write: (bytes: Uint8Array, _encoding, done) => void write(bytes).then(() => done(), done),
  });
  const streams: object = { readable: readDescriptor(fd), writable };
  return Duplex.from(streams as Iterable<never>); // Node takes such a pair, which its types do not know
}
