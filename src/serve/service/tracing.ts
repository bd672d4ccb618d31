/** Runs as OpenTelemetry spans: the run, its compilation, its time in the VM, each call. The user brings the SDK. */
import { context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Runtime, RuntimeEvents } from "../../index.ts";

interface OpenRun {
  readonly span: Span;
  readonly started: number;
  readonly calls: { readonly call: RuntimeEvents["call"]; readonly ended: number }[];
}

/**
 * Traces what `runtime` does; without an SDK that costs next to nothing. A run is a child of the span that was active
 * when it was started. Nothing of programs, arguments or results is in a span.
 * @returns stops it
 */
export function traceRuntime(runtime: Runtime): () => void {
  const tracer = trace.getTracer("codecell");
  const open = new Map<string, OpenRun>();
  const start = ({ runId, user, session, engine, placement }: RuntimeEvents["run_start"]): void => {
    const span = tracer.startSpan("codecell.run", {
      attributes: {
        "codecell.run_id": runId,
        "codecell.engine": engine,
        "codecell.placement": placement,
        ...(user === undefined ? {} : { "enduser.id": user }),
        ...(session === undefined ? {} : { "codecell.session": session }),
      },
    });
    open.set(runId, { span, started: Date.now(), calls: [] });
  };
  const end = (event: RuntimeEvents["run_end"]): void => {
    const run = open.get(event.runId);
    if (run === undefined) return;
    open.delete(event.runId);
    const { span, started, calls } = run;
    const inRun = trace.setSpan(context.active(), span);
    const compiled = started + event.compileMs;
    tracer.startSpan("codecell.compile", { startTime: started }, inRun).end(compiled);
    const vm = tracer.startSpan("codecell.vm", { startTime: compiled }, inRun);
    vm.setAttribute("codecell.cpu_ms", event.cpuMs);
    const inVm = trace.setSpan(inRun, vm);
    for (const { call, ended } of calls) {
      const { tool, ok, ms } = call;
      const child = tracer.startSpan(`codecell.call ${tool}`, { startTime: ended - ms }, inVm);
      child.setAttribute("codecell.tool", tool);
      if (!ok) child.setStatus({ code: SpanStatusCode.ERROR });
      child.end(ended);
    }
    vm.end();
    if (!event.ok)
      span.setStatus({ code: SpanStatusCode.ERROR, message: event.code ?? "internal" });
    span.end();
  };
  const stops = [
    runtime.on("run_start", start),
    runtime.on("run_end", end),
    runtime.on("call", (call) => open.get(call.runId)?.calls.push({ call, ended: Date.now() })),
  ];
  return () => stops.forEach((stop) => stop());
}
