/**
 * `deno task torture`: the long form of the reliability tests, in pieces. What is done is kept in
 * `runs/torture.json`, so that the command can be interrupted and given again; it ends with a table
 * of figures for RELIABILITY.md.
 *
 * - `--only kill,flip` chooses parts;
 * - `--fresh` forgets what was done before;
 * - `--short` does a hundredth of it.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../lib/runtime/files.ts";
import { useBackend } from "../lib/runtime/backend.ts";
import { canMount, fillDisks } from "./torture/disk_full.ts";
import { flipBits } from "./torture/flip_bits.ts";
import { fuzz } from "./torture/fuzz.ts";
import { killRuns } from "./torture/kill.ts";
import { soak } from "./torture/soak.ts";

/** A kind of torture, done in pieces of one seed each. */
interface Part {
  pieces: number;
  run(seed: number): Promise<object>;
  /** What went wrong in a piece. */
  faults(report: never): string[];
}

function parts(scale: number): Record<string, Part> {
  const part = <R extends object>(
    pieces: number,
    run: (seed: number) => Promise<R>,
    faults: (report: R) => string[],
  ): Part => ({ pieces, run, faults: faults as (report: never) => string[] });
  return {
    kill: part(10, (seed) => killRuns({ kills: Math.ceil(10 * scale), seed }), (r) => r.faults),
    flip: part(10, (seed) => flipBits({ count: Math.ceil(1000 * scale), seed }), (r) => r.wrong),
    fuzz: part(20, (seed) => fuzz({ inputs: Math.ceil(10_000 * scale), seed }), (r) => r.faults),
    disk: part(
      canMount() ? 1 : 0,
      () => fillDisks({ sizes: Math.ceil(100 * scale) }),
      (r) => r.faults,
    ),
    soak: part(
      1,
      () => soak({ steps: Math.ceil(20_000 * scale) }),
      (r) => r.tensors[0] === r.tensors[1] ? [] : [`tensors went from ${r.tensors.join(" to ")}`],
    ),
  };
}

/** Reports of the pieces that are done, by part; an entry's index is its seed. */
type State = Record<string, object[]>;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      fresh: { type: "boolean" },
      short: { type: "boolean" },
    },
  });
  await mkdir("runs", { recursive: true });
  const file = values.short ? "runs/torture-short.json" : "runs/torture.json";
  if (values.fresh) await rm(file, { force: true });
  const state: State = await readFile(file, "utf8").then(JSON.parse, () => ({}));
  await useBackend({ backend: "wasm", threads: 2 });
  let failed = false;
  for (const [name, part] of Object.entries(parts(values.short ? 0.01 : 1))) {
    if (values.only !== undefined && !values.only.split(",").includes(name)) continue;
    const done = state[name] ??= [];
    while (done.length < part.pieces) {
      const begun = performance.now();
      const report = await part.run(done.length + 1);
      const seconds = Math.round((performance.now() - begun) / 1000);
      done.push({ ...report, seconds });
      await writeFileAtomic(file, JSON.stringify(state));
      console.log(`${name} ${done.length}/${part.pieces}, ${seconds} s`);
    }
    const faults = done.flatMap((report) => part.faults(report as never));
    failed ||= faults.length > 0;
    console.log(`\n${name}: ${JSON.stringify(summed(done), null, 2)}\n`);
  }
  process.exitCode = failed ? 1 : 0;
}

/** Adds reports up: numbers by sum, lists end to end, sections key by key; peaks by maximum. */
function summed(reports: object[]): Record<string, unknown> {
  const sum = new Map<string, unknown>();
  for (const [key, value] of reports.flatMap((report) => Object.entries(report))) {
    const before = sum.get(key);
    if (key === "seed") sum.set("seeds", [...(sum.get("seeds") as number[] ?? []), value]);
    else if (before === undefined) sum.set(key, value);
    else if (typeof value === "number") {
      const isPeak = /^(slowestMs|grownMiB)$/.test(key);
      sum.set(key, isPeak ? Math.max(before as number, value) : (before as number) + value);
    } else if (Array.isArray(value)) sum.set(key, [...before as unknown[], ...value]);
    else if (typeof value === "object") sum.set(key, summed([before as object, value as object]));
  }
  return Object.fromEntries(sum);
}

if (import.meta.main) await main(process.argv.slice(2));
