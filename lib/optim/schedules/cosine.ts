/**
 * Cosine decay (Loshchilov & Hutter 2017), the thesis' schedule (method.md, "Schedule").
 *
 * @module
 */
import { defineSchedule, type ScheduleEntry } from "../learning_rate.ts";

/** ½·base·(1 + cos(π·t/T)). */
export const cosine: ScheduleEntry = defineSchedule({
  name: "cosine",
  summary: "half a cosine to 0, per step",
  options: {},
  rate: (progress, base) => 0.5 * base * (1 + Math.cos(Math.PI * progress)),
});
