/**
 * The folder of a sweep: `sweep.json`, `configs/`, `runs/` and `results/`. Workers on any machine
 * that sees the folder can share it.
 *
 * @module
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { configToYaml } from "../config/yaml.ts";
import { makeFolder, writeFileAtomic } from "../util/files.ts";
import type { EndEvent } from "../train/events.ts";
import type { RunScores } from "../train/events.ts";
import type { PlannedSweep, SweepPlan, Trial } from "./plan_sweep.ts";
import { printable } from "../util/format.ts";
import { isLocked } from "../util/lock.ts";

/** The result of a finished trial. */
export interface TrialResult {
  id: string;
  seed: number;
  reason: EndEvent["reason"];
  backend: string;
  steps: number;
  best: RunScores | null;
  last: RunScores | null;
  weightsSha256: string | null;
  parameters: { segmentation: number; discriminator: number };
  /** Wall time of one epoch of training, validation not counted; `null` where none was timed. */
  secondsPerEpoch: number | null;
}

/** Paths of one trial. */
export interface TrialPaths {
  config: string;
  /** The run folder. */
  run: string;
  result: string;
  /** Why the last try failed; there until the next one begins. */
  failure: string;
  lock: string;
}

/**
 * Where a trial stands: `diverged` is finished with a loss that is no number; a `failed` one is tried
 * again by the next `sweep run`.
 */
export type TrialState =
  | "waiting"
  | "running"
  | "interrupted"
  | "failed"
  | "finished"
  | "diverged";

/** One trial with its state. */
export interface TrialStatus extends Trial {
  name: string;
  state: TrialState;
  result: TrialResult | null;
  /** Why it failed, in one line; `null` where it has not. */
  failure: string | null;
}

/** Names of trials, and so of their files: none that leads out of the folder. */
const ID = /^[\w-]{1,100}$/;

/**
 * Writes a plan. A folder that holds an older plan is planned anew: runs that both have are kept,
 * so that seeds and trials can be added.
 *
 * @returns How many trials of the new plan are already finished.
 * @throws {Error} If the folder cannot be written.
 */
export async function writeSweep(folder: string, planned: PlannedSweep): Promise<number> {
  for (const name of ["configs", "runs", "results"]) {
    await makeFolder(join(folder, name));
  }
  const { plan, configs } = planned;
  for (const [i, { id }] of plan.trials.entries()) {
    await writeFileAtomic(trialPaths(folder, id).config, configToYaml(configs[i]!));
  }
  await writeFileAtomic(join(folder, "sweep.json"), `${JSON.stringify(plan, null, 2)}\n`);
  return (await readResults(folder, plan)).size;
}

/**
 * Reads a plan back.
 *
 * @throws {Error} If the folder holds none.
 * @throws {SyntaxError} If the plan is damaged, or a trial's name would lead out of the folder.
 */
export async function readSweep(folder: string): Promise<SweepPlan> {
  const path = join(folder, "sweep.json");
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`Cannot read a sweep from ${folder}: there is no sweep.json; plan one first`);
  });
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    const why = printable((error as Error).message);
    throw new SyntaxError(`Cannot read ${path}: ${why}`, { cause: error });
  }
  return checkPlan(plan, path);
}

/** Results of the finished trials of a plan, by id. */
export async function readResults(
  folder: string,
  plan: SweepPlan,
): Promise<Map<string, TrialResult>> {
  const names = new Set(await readdir(join(folder, "results")).catch(() => []));
  const done = plan.trials.filter(({ id }) => names.has(`${id}.json`));
  const results = new Map<string, TrialResult>();
  for (const { id } of done) {
    results.set(id, JSON.parse(await readFile(trialPaths(folder, id).result, "utf8")));
  }
  return results;
}

/** Configuration of one trial. */
export async function readTrialConfig(folder: string, trial: Trial): Promise<Config> {
  return await loadConfig({ path: trialPaths(folder, trial.id).config });
}

/** Where a trial's files lie. */
export function trialPaths(folder: string, id: string): TrialPaths {
  return {
    config: join(folder, "configs", `${id}.yaml`),
    run: join(folder, "runs", id),
    result: join(folder, "results", `${id}.json`),
    failure: join(folder, "runs", `${id}.failure`),
    lock: join(folder, "runs", `${id}.lock`),
  };
}

/**
 * States of all trials of a sweep, in the order of their indices.
 *
 * @throws {Error} If the folder holds no sweep.
 */
export async function sweepStatus(folder: string): Promise<TrialStatus[]> {
  const plan = await readSweep(folder);
  const results = await readResults(folder, plan);
  const names = new Map(plan.conditions.map(({ id, name }) => [id, name]));
  return await Promise.all(plan.trials.map(async (trial) => {
    const result = results.get(trial.id) ?? null;
    const name = names.get(trial.condition) ?? trial.condition;
    const failure = result === null ? await readFailure(folder, trial) : null;
    return { ...trial, name, result, ...await stateOf(folder, trial, { result, failure }) };
  }));
}

async function stateOf(
  folder: string,
  trial: Trial,
  { result, failure }: Pick<TrialStatus, "result" | "failure">,
): Promise<Pick<TrialStatus, "state" | "failure">> {
  if (result !== null) {
    return { state: result.reason === "non-finite" ? "diverged" : "finished", failure: null };
  }
  const { lock, run } = trialPaths(folder, trial.id);
  if (await isLocked(lock)) return { state: "running", failure: null };
  if (failure !== null) return { state: "failed", failure };
  const state = await stat(run).then(() => "interrupted" as const, () => "waiting" as const);
  return { state, failure: null };
}

/** Why the last try of a trial failed, made harmless; `null` where it did not. */
async function readFailure(folder: string, { id }: Trial): Promise<string | null> {
  const text = await readFile(trialPaths(folder, id).failure, "utf8").catch(() => null);
  return text === null ? null : printable(text.trim().slice(0, 1000));
}

/** The content of a `sweep.json` as a plan, if it has the shape of one. */
function checkPlan(value: unknown, path: string): SweepPlan {
  const plan = value as SweepPlan | null;
  const lists: unknown[] = [plan?.trials, plan?.conditions, plan?.seeds];
  if (
    !lists.every(Array.isArray) ||
    plan!.conditions.some((condition) => typeof condition?.id !== "string")
  ) {
    throw new SyntaxError(
      `Cannot read ${path}: it lacks trials, conditions or seeds; plan it again`,
    );
  }
  const wrong = plan!.trials.find((trial) => typeof trial?.id !== "string" || !ID.test(trial.id));
  if (wrong === undefined) return plan!;
  const name = JSON.stringify(wrong?.id ?? null).slice(0, 80);
  throw new SyntaxError(`Cannot read ${path}: ${name} is no name of a trial; plan it again`);
}
