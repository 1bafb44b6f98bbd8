import { diskFaults, type FaultReport } from "./disk_faults.ts";
import { canMount, type DiskReport, fillDisks } from "./disk_full.ts";
import { faultMatrix, matrixFaults, type MatrixReport } from "./fault_matrix.ts";
import { flipBits, type FlipReport } from "./flip_bits.ts";
import { fuzz, type FuzzReport } from "./fuzz.ts";
import { type KillReport, killRuns } from "./kill.ts";
import { soak, type SoakReport } from "./soak.ts";

/** A piece's report, with the time it took. */
export type DoneReport = object & { seconds: number };

/** A fault test, done in pieces of one seed each. */
export interface FaultTest {
  pieces: number;
  run(seed: number): Promise<object>;
  /** What went wrong in a piece. */
  faults(report: DoneReport): string[];
  /** The figures of all pieces, in a line. */
  figures(reports: DoneReport[]): string;
}

/** How each part is done at a share of its length. */
const PARTS: Record<string, (scale: number) => FaultTest> = {
  kill: (scale) =>
    part<KillReport>({
      pieces: 10,
      run: (seed) => killRuns({ kills: Math.ceil(10 * scale), seed }),
      faults: ({ faults }) => faults,
      figures: (reports) =>
        `${sum(reports, "kills")} kills, ${midWrites(reports)} of them left a half-written file; ` +
        `${sum(reports, "right")} of ${sum(reports, "kills")} resumed to the end of a run never ` +
        `stopped, ${sum(reports, "rightRuns")} of ${
          sum(reports, "runs")
        } runs after all their kills`,
    }),
  flips: (scale) =>
    part<FlipReport>({
      pieces: 10,
      run: (seed) => flipBits({ count: Math.ceil(1000 * scale), seed }),
      faults: ({ wrong }) => wrong,
      figures: (reports) =>
        `${sum(reports, "files")} files: ${sum(reports, "refused")} refused, ` +
        `${sum(reports, "harmless")} loaded as if intact, ` +
        `${reports.flatMap(({ wrong }) => wrong).length} loaded to something else; ` +
        `${sum(reports, "resumed")} runs took the checkpoint before a damaged one and said so`,
    }),
  fuzz: (scale) =>
    part<FuzzReport>({
      pieces: 22,
      run: (seed) => fuzz({ inputs: Math.ceil(10_000 * scale), seed }),
      faults: ({ faults }) => faults,
      figures: fuzzFigures,
    }),
  disk: (scale) =>
    part<DiskReport>({
      pieces: canMount() ? 5 : 0,
      run: (seed) => fillDisks({ sizes: Math.ceil(20 * scale), shift: (seed - 1) / 5 }),
      faults: ({ faults }) => faults,
      figures: (reports) =>
        `${sum(reports, "sizes")} disks that filled up, ${refusals(reports)}; ` +
        `${sum(reports, "right")} runs ended right once there was room`,
    }),
  writes: (scale) =>
    part<FaultReport>({
      pieces: 10,
      run: (seed) => diskFaults({ every: Math.round(10 / scale), first: seed }),
      faults: ({ faults }) => faults,
      figures: (reports) =>
        `${reports[0]?.sites} calls that change the disk; ${sum(reports, "injected")} faults at ` +
        `all kinds of them: ${sum(reports, "refused")} errors, ${sum(reports, "survived")} ` +
        `done without, ${sum(reports, "right")} runs whole and right in the end`,
    }),
  matrix: () =>
    part<MatrixReport>({
      pieces: 2,
      run: (seed) => faultMatrix(seed === 1 ? "wasm" : "webgpu"),
      faults: ({ backend, faults }) => faults.map((fault) => `${backend}: ${fault}`),
      figures: (reports) =>
        reports.map(({ backend, faults }) =>
          `${backend}: ${
            matrixFaults.length - faults.length
          } of ${matrixFaults.length} faults end ` +
          "as RELIABILITY.md says"
        ).join(", "),
    }),
  soak: (scale) =>
    part<SoakReport>({
      pieces: 1,
      run: () => soak({ steps: Math.ceil(20_000 * scale) }),
      faults: ({ tensors: [early, late] }) =>
        early === late ? [] : [`tensors went from ${early} to ${late}`],
      figures: ([report]) => report === undefined ? "" : soakFigures(report),
    }),
};

/** Names of all parts, in the order in which they are done. */
export const faultTestNames: readonly string[] = Object.keys(PARTS);

/** A part at a share of its length. */
export function faultTest(name: string, { scale }: { scale: number }): FaultTest {
  return PARTS[name]!(scale);
}

function part<R extends object>(typed: {
  pieces: number;
  run(seed: number): Promise<R>;
  faults(report: R): string[];
  figures(reports: R[]): string;
}): FaultTest {
  return typed as unknown as FaultTest; // a report is read by the part that wrote it
}

function sum<K extends string>(reports: readonly Partial<Record<K, number>>[], key: K): number {
  return reports.reduce((total, report) => total + (report[key] ?? 0), 0);
}

function counts(records: readonly Record<string, number>[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [key, count] of records.flatMap((record) => Object.entries(record))) {
    all.set(key, (all.get(key) ?? 0) + count);
  }
  return all;
}

function midWrites(reports: KillReport[]): number {
  return [...counts(reports.map(({ midWrite }) => midWrite)).values()].reduce((a, b) => a + b, 0);
}

function refusals(reports: DiskReport[]): string {
  const all = [...counts(reports.map(({ refused }) => refused))];
  return `errors at ${all.map(([site, count]) => `${site} (${count})`).join(", ")}`;
}

function fuzzFigures(reports: FuzzReport[]): string {
  const readers = reports.flatMap((report) => Object.entries(report.readers));
  const total = readers.reduce((all, [, { inputs }]) => all + inputs, 0);
  const [slow, { slowestMs }] = readers.reduce((a, b) => b[1].slowestMs > a[1].slowestMs ? b : a);
  const [big, { grownMiB }] = readers.reduce((a, b) => b[1].grownMiB > a[1].grownMiB ? b : a);
  const seeds = reports.map(({ seed }) => seed);
  return `${total} inputs over ${new Set(readers.map(([name]) => name)).size} targets ` +
    `(seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}), slowest ${slowestMs} ms (${slow}), ` +
    `most memory ${grownMiB} MiB (${big})`;
}

function soakFigures({ steps, seconds, tensors, descriptors, residentMiB }: SoakReport): string {
  return `${steps} steps in ${Math.round(seconds)} s: tensors ${tensors.join(" → ")}, open files ` +
    `${descriptors?.join(" → ") ?? "unknown"}, memory ${residentMiB.join(" → ")} MiB`;
}
