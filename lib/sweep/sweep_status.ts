/**
 * How far a sweep is.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { isLocked } from "../util/lock.ts";
import type { Trial } from "./plan_sweep.ts";
import { readResults, readSweep, trialPaths, type TrialResult } from "./sweep_folder.ts";

/** Where a trial stands: `diverged` is finished with a loss that is no number. */
export type TrialState = "waiting" | "running" | "interrupted" | "finished" | "diverged";

/** One trial with its state. */
export interface TrialStatus extends Trial {
  name: string;
  state: TrialState;
  result: TrialResult | null;
}

/**
 * Looks at every trial of a sweep, in the order of their indices.
 *
 * @throws {Error} If the folder holds no sweep.
 */
export async function sweepStatus(folder: string): Promise<TrialStatus[]> {
  const plan = await readSweep(folder);
  const results = await readResults(folder, plan);
  const names = new Map(plan.arms.map(({ id, name }) => [id, name]));
  return await Promise.all(plan.trials.map(async (trial) => {
    const result = results.get(trial.id) ?? null;
    const name = names.get(trial.arm) ?? trial.arm;
    return { ...trial, name, result, state: await stateOf(folder, trial, { result }) };
  }));
}

async function stateOf(
  folder: string,
  trial: Trial,
  { result }: { result: TrialResult | null },
): Promise<TrialState> {
  if (result !== null) return result.reason === "non-finite" ? "diverged" : "finished";
  const { lock, run } = trialPaths(folder, trial.id);
  if (await isLocked(lock)) return "running";
  return await stat(run).then(() => "interrupted" as const, () => "waiting" as const);
}
