import { nearest } from "@segadv/segadv";
import type { SweepPlan } from "@segadv/segadv/sweep";
import { UsageError } from "../errors.ts";

/** Refuses a trial to compare with that the sweep does not have. */
export function checkTrial({ name, conditions }: SweepPlan, against: string | undefined): void {
  const known = conditions.map((condition) => condition.name);
  if (against === undefined || known.includes(against)) return;
  const meant = nearest(against, known);
  const hint = meant === null
    ? `: its trials are ${known.map((one) => `"${one}"`).join(", ")}`
    : `; did you mean "${meant}"?`;
  throw new UsageError(`There is no trial "${against}" in ${name}${hint}`);
}
