/**
 * `segadv doctor`: what works on this machine.
 *
 * @module
 */
import { type BackendReport, doctor, type DoctorReport } from "@segadv/segadv";
import { count, mebibytes } from "@segadv/segadv/util";
import { type Context, humanStream, writeJson } from "../context.ts";
import { Exit } from "../errors.ts";
import { formatTable } from "../ui/table.ts";
import type { TextStream } from "../ui/terminal.ts";

/** Limits of an adapter that decide which networks fit. */
const SHOWN_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** Examines the machine; fails where no backend can train. */
export async function run(
  { json }: { json?: boolean | undefined },
  context: Context,
): Promise<void> {
  const report = await doctor();
  const stream = humanStream(context, json);
  if (json === true) writeJson(context, report);
  else stream.write(describe(report, stream));
  if (report.auto === null) throw new Exit(1);
}

function describe(report: DoctorReport, stream: TextStream): string {
  const { runtime, system, processor, memoryBytes, backends, adapter, auto, relaxedSimd, advice } =
    report;
  const blocks = [
    `${runtime} on ${system}, ${processor}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`,
    formatTable(
      [{ title: "backend" }, { title: "state" }, { title: "start", align: "right" }, {
        title: "device",
      }],
      backends.map((backend) => rowOf(backend, stream)),
    ).trimEnd(),
  ];
  if (adapter !== null) {
    const limits = SHOWN_LIMITS.map((name) => `  ${name} ${limit(name, adapter.limits[name])}`);
    blocks.push([
      `WebGPU adapter ${adapter.name} by ${adapter.api}` +
      (adapter.software ? ", software: auto never picks it" : ""),
      `  features ${adapter.features.join(", ") || "none that a run would use"}`,
      ...limits,
    ].join("\n"));
  }
  blocks.push(auto === null ? "auto finds no backend that works" : `auto picks ${auto}`);
  if (relaxedSimd) {
    blocks.push("deterministic: false makes WASM faster here, by relaxed SIMD");
  }
  blocks.push(...advice.map((line) => `${stream.paint("yellow", "advice:")} ${line}`));
  return blocks.join("\n\n") + "\n";
}

function rowOf(backend: BackendReport, stream: TextStream): string[] {
  const { name, tried, works, startMs, device } = backend;
  if (!tried) return [name, stream.paint("yellow", "not tried"), "", device ?? ""];
  const state = works ? stream.paint("green", "works") : stream.paint("red", "fails");
  return [name, state, `${Math.round(startMs)} ms`, device ?? ""];
}

function limit(name: string, value: number | undefined): string {
  if (value === undefined) return "unknown";
  return name.endsWith("Size") && value > 2 ** 20 ? mebibytes(value) : count(value);
}
