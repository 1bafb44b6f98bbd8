import fc from "fast-check";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fuzzTargets, type Target } from "./_fuzz_targets.ts";
import { mutations } from "./_mutate.ts";
import { peakMemoryMiB, resetPeakMemory } from "./_peak_memory.ts";
import { startWatchdog, type Watchdog } from "./_watchdog.ts";

/** What a number of hostile inputs came to, reader by reader. */
export interface FuzzReport {
  seed: number;
  readers: Record<string, {
    inputs: number;
    accepted: number;
    /** The slowest input, in milliseconds. */
    slowestMs: number;
    /** Most memory of the process above what it held before, in MiB. */
    grownMiB: number;
  }>;
  faults: string[];
}

/** Milliseconds after which a reader counts as hanging. */
const HANG = 5000;
/** Milliseconds after which it is no use to wait. */
const FOREVER = 30_000;
/** Faults of a reader that are reported. */
const MOST_FAULTS = 3;
/** MiB that reading any of these small files may take, the thread's own garbage included. */
const MEMORY_MIB = 512;

/**
 * Feeds mutations of good files to every reader. A reader must take the input or throw an error of
 * the language's own classes with a message, within five seconds and 512 MiB.
 */
export async function fuzz(
  options: { inputs: number; seed: number; only?: readonly string[] },
): Promise<FuzzReport> {
  const { inputs, seed, only } = options;
  const folder = await mkdtemp(join(tmpdir(), "segadv-fuzz-"));
  const report: FuzzReport = { seed, readers: {}, faults: [] };
  const watchdog = startWatchdog(FOREVER);
  try {
    const all = await fuzzTargets(folder);
    const targets = all.filter(({ name }) => only === undefined || only.includes(name));
    const shares = targets.reduce((sum, { share }) => sum + share, 0);
    for (const target of targets) {
      const count = Math.ceil(inputs * target.share / shares);
      await attack(target, { count, seed, report, watchdog });
    }
  } finally {
    await watchdog.close();
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

async function attack(
  target: Target,
  options: { count: number; seed: number; report: FuzzReport; watchdog: Watchdog },
): Promise<void> {
  const { count, seed, report, watchdog } = options;
  const figures = { inputs: 0, accepted: 0, slowestMs: 0, grownMiB: 0 };
  let bads = 0;
  resetPeakMemory();
  const before = peakMemoryMiB();
  await fc.assert(
    fc.asyncProperty(mutations(target.corpus), async (bytes) => {
      watchdog.begin(bytes);
      const [begun, processor] = [performance.now(), process.cpuUsage()];
      const fault = await faultOf(target, bytes);
      // Neither what other programs take of the machine, nor what other tests take beside a wait
      const { user, system } = process.cpuUsage(processor);
      const ms = Math.min(performance.now() - begun, (user + system) / 1000);
      watchdog.end();
      figures.inputs++;
      if (fault === null) figures.accepted++;
      figures.slowestMs = Math.max(figures.slowestMs, Math.round(ms));
      const bad = ms > HANG ? `took ${ms.toFixed(0)} ms` : fault;
      if (bad === null || bad === "") return;
      if (++bads <= MOST_FAULTS) {
        const input = btoa(String.fromCharCode(...bytes.subarray(0, 600)));
        report.faults.push(`${target.name}: ${bad} (${bytes.length} bytes, ${input})`);
      }
    }),
    { numRuns: count, seed },
  );
  figures.grownMiB = Math.max(0, Math.round((peakMemoryMiB() ?? 0) - (before ?? 0)));
  if (figures.grownMiB > MEMORY_MIB) {
    report.faults.push(`${target.name}: took ${figures.grownMiB} MiB`);
  }
  report.readers[target.name] = figures;
}

/** `null`: taken; "": refused as it should be; else what is wrong with the refusal. */
async function faultOf(target: Target, bytes: Uint8Array): Promise<string | null> {
  try {
    await target.read(bytes);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) return `threw ${String(error)}`;
    const { name, message } = error;
    const ours = /^((Type|Range|Syntax|Config|DamagedFile|MissingSplit|ClassMismatch)?Error)$/.test(
      name,
    );
    if (!ours) return `threw ${name}: ${message}`;
    if (name !== "ConfigError" && !/^Cannot |^data set "|fuzzed/.test(message)) {
      return `threw a stray ${name}: ${message}`;
    }
    // deno-lint-ignore no-control-regex -- what could steer a terminal is what is looked for
    if (/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(message)) return `said ${JSON.stringify(message)}`;
    const isList = name === "ConfigError"; // a line a fault
    return !isList && message.includes("\n") ? `said more than a line: ${message}` : "";
  }
}
