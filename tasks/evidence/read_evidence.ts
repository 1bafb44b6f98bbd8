import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readRun, type RunRecord } from "../../lib/report/mod.ts";
import {
  readResults,
  readSweep,
  type SweepTable,
  sweepTable,
  trialPaths,
} from "../../lib/sweep/mod.ts";
import { isLambda, type Network, NETWORKS } from "./grid.ts";

/** What the runs were made with: written beside a sweep each time that it is gone on with. */
export interface Provenance {
  /** `git describe` of the checkout. */
  commit: string;
  runtime: string;
  command: string;
}

/** One network's sweep, read back. */
export interface Evidence {
  network: Network;
  /** Compared with the published λ. */
  toBaseline: SweepTable;
  /** Compared with the best λ, as the thesis counts its gains. */
  toBest: SweepTable;
  /** Finished runs, with the names of their trials as groups. */
  runs: RunRecord[];
  provenance: Provenance[];
}

/** Reads the sweeps below a folder that have begun, in the order of the networks. */
export async function readEvidence(folder: string): Promise<Evidence[]> {
  const found: Evidence[] = [];
  for (const network of NETWORKS) {
    const path = join(folder, network.name);
    const plan = await readSweep(path).catch(() => null);
    if (plan === null) continue;
    const results = await readResults(path, plan);
    const names = new Map(plan.conditions.map(({ id, name }) => [id, name]));
    const finished = plan.trials.filter(({ id }) => results.has(id));
    const runs = await Promise.all(finished.map(async ({ id, condition, seed }) => {
      const group = names.get(condition)!;
      return { ...await readRun(trialPaths(path, id).run, `${group}, seed ${seed}`), group };
    }));
    const toBaseline = sweepTable(plan, results);
    found.push({
      network,
      runs,
      toBaseline,
      toBest: sweepTable(plan, results, { against: bestLambda(toBaseline) }),
      provenance: await readProvenance(path),
    });
  }
  return found;
}

/** The row without D whose mean is highest: a choice that favours λ. */
function bestLambda({ rows }: SweepTable): string | undefined {
  const lambdas = rows.filter(({ name, mIoU }) => isLambda(name) && mIoU !== null);
  return lambdas.toSorted((a, b) => b.mIoU!.mean - a.mIoU!.mean)[0]?.name;
}

/** Every commit and command that worked on a sweep, the first first. */
export async function readProvenance(folder: string): Promise<Provenance[]> {
  const text = await readFile(join(folder, "provenance.jsonl"), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
