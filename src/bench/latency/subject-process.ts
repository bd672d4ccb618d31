/** The process of one subject. It loads only that one, handles one request at a time, and ends with its parent. */
import { messageOf } from "../../core/errors.ts";
import { findJob } from "./job-list.ts";
import { measure } from "./measure.ts";
import { bytesEach } from "./memory.ts";
import { measureOwn } from "./own-jobs.ts";
import { probe } from "./probes.ts";
import type { Answer, Opening, Question } from "./protocol.ts";
import { subjectEntries } from "./registry.ts";
import { Absent, type Executor, type Subject, type SubjectFacts } from "./subject.ts";
import { LIMITS, TOOLS } from "./world.ts";

let subject: Subject | undefined;
let executor: Executor | undefined;

async function open({ subject: id, peers, ...limits }: Opening): Promise<SubjectFacts> {
  const entry = (await subjectEntries(peers)).find((each) => each.id === id);
  if (entry === undefined) throw new Error(`there is no subject ${id}`);
  subject = await entry.load();
  executor = await subject.start({ tools: TOOLS, limits: { ...LIMITS, ...limits } });
  const { title, kind, isolation, version, cannot } = subject;
  return {
    id,
    title,
    kind,
    isolation,
    ...(version === undefined ? {} : { version }),
    ...(cannot === undefined ? {} : { cannot }),
  };
}

async function answer(question: Question): Promise<unknown> {
  if (question.kind === "open") return await open(question.opening);
  if (question.kind === "memory") return await bytesEach(question.what, question.subject);
  if (subject === undefined || executor === undefined) throw new Error("no subject is open");
  if (question.kind === "probe") return await probe(question.probe, subject, executor);
  const refused = subject.cannot?.[question.job];
  if (refused !== undefined) throw new Absent(refused);
  const job = findJob(question.job);
  if ("open" in job) return await measureOwn(job, subject);
  return await measure(subject, executor, job);
}

process.on("message", (question: Question) => {
  answer(question).then(
    (value) => reply({ ok: true, value }),
    (error: unknown) =>
      reply({ ok: false, absent: error instanceof Absent, message: messageOf(error) }),
  );
});
process.on("disconnect", () => process.exit());

function reply(text: Answer): void {
  process.send!(text);
}
