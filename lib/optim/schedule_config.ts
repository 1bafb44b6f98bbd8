/**
 * The section `schedule`: the learning rates of both networks over a run.
 *
 * @module
 */
import { type OptionValue, Registry } from "../util/registry.ts";
import { field, nonNegative } from "../util/schema.ts";
import { entrySection, type SectionSpec } from "../util/section.ts";
import { extensionsSchema, type ScheduleExtension } from "./extensions.ts";
import type { ScheduleEntry } from "./learning_rate.ts";
import { constant } from "./schedules/constant.ts";
import { cosine } from "./schedules/cosine.ts";
import { oneCycle } from "./schedules/one_cycle.ts";
import { poly } from "./schedules/poly.ts";

/** The decays that `schedule.name` can name. */
export const schedules: Registry<ScheduleEntry> = new Registry("schedule", [
  cosine,
  poly,
  constant,
  oneCycle,
]);

/** Learning rates over a run; the named schedule's own options beside. */
export interface ScheduleConfig {
  name: string;
  warmupEpochs: number;
  extensions: ScheduleExtension[];
  [option: string]: OptionValue;
}

/** The section `schedule`. */
export const scheduleSection: SectionSpec = entrySection<ScheduleConfig>(
  "Learning rates of the segmentation network and the discriminator over a run.",
  { key: "name", registry: schedules, fallback: "cosine", about: "Decay after warm-up." },
  {
    warmupEpochs: field(nonNegative, {
      fallback: 5,
      about: "Epochs of linear warm-up to the schedule's first rate.",
      source: "§4.1",
    }),
    extensions: field(extensionsSchema, {
      fallback: [],
      about: "Epochs added after the planned end: [{from, by, how}], from epoch `from` on, how: " +
        "hold (the last rate), restart or stretch; written by `train --extend`.",
    }),
  },
);
