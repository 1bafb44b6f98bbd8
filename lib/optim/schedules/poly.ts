/**
 * Polynomial decay (DeepLab: Chen et al. 2018), per step.
 *
 * @module
 */
import { field, positive } from "../../util/schema.ts";
import { defineSchedule, type ScheduleEntry } from "../learning_rate.ts";

/** base·(1 − t/T)^power. */
export const poly: ScheduleEntry = defineSchedule({
  name: "poly",
  summary: "base * (1 - t / T) ** power, per step",
  options: {
    power: field(positive, { fallback: 0.9, about: "Poly: exponent of the decay." }),
  },
  rate: (progress, base, { power }) => base * (1 - progress) ** power,
});
