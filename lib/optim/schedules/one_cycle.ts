/**
 * The one-cycle schedule (Smith & Topin 2019) with half cosines, as PyTorch's OneCycleLR.
 *
 * @module
 */
import { z } from "zod";
import { field, fraction } from "../../util/schema.ts";
import { defineSchedule, type ScheduleEntry } from "../learning_rate.ts";

/** From base / divFactor to base over `rise` of the steps, then to base / (divFactor·finalDivFactor). */
export const oneCycle: ScheduleEntry = defineSchedule({
  name: "one-cycle",
  summary: "half a cosine up to the peak rate, then one down",
  options: {
    rise: field(fraction.positive(), {
      fallback: 0.3,
      about: "One-cycle: share of the steps in which the rate rises.",
    }),
    divFactor: field(z.number().min(1), {
      fallback: 25,
      about: "One-cycle: the first rate is the peak divided by this.",
    }),
    finalDivFactor: field(z.number().min(1), {
      fallback: 1e4,
      about: "One-cycle: the last rate is the first divided by this.",
    }),
  },
  rate(progress, base, { rise, divFactor, finalDivFactor }) {
    const first = base / divFactor;
    return progress < rise
      ? between(first, base, progress / rise)
      : between(base, first / finalDivFactor, (progress - rise) / (1 - rise));
  },
});

/** Half a cosine from one rate to another. */
function between(start: number, end: number, share: number): number {
  return end + (start - end) * 0.5 * (1 + Math.cos(Math.PI * share));
}
