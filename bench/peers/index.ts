/** Products that can be used in place of codecell. Each is loaded only when it is measured. */
import type { Subject } from "../../src/bench/latency/subject.ts";

interface Peer {
  readonly id: string;
  readonly title: string;
  /** Rejects if the product is not installed or does not load on this machine. */
  load(): Promise<Subject>;
}

/** The file of a peer has its id as its name and exports `subject`. */
const peer = (id: string, title: string): Peer => ({
  id,
  title,
  load: async () => ((await import(`./${id}.ts`)) as { subject: Subject }).subject,
});

export const PEERS: readonly Peer[] = [
  peer("run", "run"),
  peer("ai-sdk", "@ai-sdk/code-mode"),
  peer("tanstack", "TanStack code mode, isolated-vm"),
  peer("utcp", "@utcp/code-mode"),
  peer("pi-codemode", "@earendil-works/pi-codemode"),
  peer("sebastianwessel", "@sebastianwessel/quickjs"),
  peer("quickjs-wasi", "quickjs-wasi, bare"),
  peer("secure-exec", "secure-exec"),
  peer("child", "node child per run"),
];
