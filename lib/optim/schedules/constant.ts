/**
 * The peak rate throughout.
 *
 * @module
 */
import { defineSchedule, type ScheduleEntry } from "../learning_rate.ts";

/** base. */
export const constant: ScheduleEntry = defineSchedule({
  name: "constant",
  summary: "the peak rate to the end",
  options: {},
  rate: (_progress, base) => base,
});
