import type { SweepPlan } from "./plan_sweep.ts";

/** What trials are called, and so their files: no name that leads elsewhere. */
const ID = /^[\w-]{1,100}$/;

/**
 * Takes what was read from `sweep.json` for a plan, whoever wrote it.
 *
 * @throws {SyntaxError} If it is none; the message names the file.
 */
export function checkPlan(value: unknown, path: string): SweepPlan {
  const plan = value as SweepPlan | null;
  const lists: unknown[] = [plan?.trials, plan?.arms, plan?.seeds];
  if (!lists.every(Array.isArray) || plan!.arms.some((arm) => typeof arm?.id !== "string")) {
    throw new SyntaxError(`Cannot read ${path}: it lacks trials, arms or seeds; plan it again`);
  }
  const wrong = plan!.trials.find((trial) => typeof trial?.id !== "string" || !ID.test(trial.id));
  if (wrong === undefined) return plan!;
  const name = JSON.stringify(wrong?.id ?? null).slice(0, 80);
  throw new SyntaxError(`Cannot read ${path}: ${name} is no name of a trial; plan it again`);
}
