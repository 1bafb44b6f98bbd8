/**
 * What a run left behind, from its events alone.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { EndEvent, StartEvent, StepEvent, TrainEvent } from "../events.ts";
import type { ValidationEvent, WarningEvent } from "../events.ts";

/** The events of a run by kind, in order. */
export interface RunRecord {
  /** What reports call it. */
  name: string;
  /** What it repeats with another seed: runs of a group are drawn as one. Absent: it stands alone. */
  group?: string;
  path: string;
  start: StartEvent;
  steps: StepEvent[];
  validations: ValidationEvent[];
  warnings: WarningEvent[];
  /** `null` while it goes on, or where it was killed. */
  end: EndEvent | null;
}

/**
 * Reads the events of a run folder; a line that is being written is left out, and steps that were
 * repeated after an interruption or a rollback count once.
 *
 * @param name What reports call it; the folder's name if left out.
 * @throws {Error} If the folder holds no run that has begun.
 */
export async function readRun(path: string, name?: string): Promise<RunRecord> {
  const file = join(path, "events.jsonl");
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`Cannot read a run from ${path}: there is no events.jsonl`);
  });
  return recordOf(parseEvents(text), { path, name: name ?? basename(resolve(path)) });
}

/** Events of the whole lines of a log. */
export function parseEvents(text: string): TrainEvent[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as TrainEvent];
    } catch {
      return []; // torn by the end of a process, or still being written
    }
  });
}

/**
 * Sorts events by kind.
 *
 * @throws {Error} If the run has not begun.
 */
export function recordOf(
  events: readonly TrainEvent[],
  options: { path: string; name: string },
): RunRecord {
  const start = events.findLast((event) => event.type === "start");
  if (start === undefined) throw new Error(`Cannot read ${options.path}: the run has not begun`);
  const steps = new Map<number, StepEvent>();
  const validations = new Map<number, ValidationEvent>();
  for (const event of events) {
    if (event.type === "step") steps.set(event.step, event);
    if (event.type === "validation") validations.set(event.step, event);
    if (event.type === "rollback") {
      for (const logged of [steps, validations]) {
        for (const step of logged.keys()) if (step > event.step) logged.delete(step);
      }
    }
  }
  const last = events.findLast(({ type }) => type !== "warning");
  return {
    ...options,
    start,
    steps: [...steps.values()].sort((a, b) => a.step - b.step),
    validations: [...validations.values()].sort((a, b) => a.step - b.step),
    warnings: events.filter((event) => event.type === "warning"),
    end: last?.type === "end" ? last : null,
  };
}

/** Wall time of one epoch of training by the median speed, `null` where none was measured. */
export function secondsPerEpoch({ start, steps }: RunRecord): number | null {
  // By the median, because the first steps compile kernels
  const speeds = steps.map(({ imagesPerSecond }) => imagesPerSecond).sort((a, b) => a - b);
  const median = speeds[Math.floor(speeds.length / 2)];
  return median === undefined ? null : start.stepsPerEpoch * start.config.data.batch / median;
}
