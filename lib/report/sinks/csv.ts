/**
 * A run's events as tables: `steps.csv` and `validations.csv`.
 *
 * @module
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { StepEvent, ValidationEvent } from "../../train/events.ts";
import type { RunRecord } from "../../train/run/read_run.ts";
import { csvLine } from "../../util/format.ts";
import type { SinkEntry, SinkFiles } from "./sink.ts";

/**
 * Steps of a run as CSV: one row a step, one column a log key.
 *
 * @example
 * ```ts
 * import { stepsCsv } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const step = { type: "step" as const, time: 0, step: 1, epoch: 1, imagesPerSecond: 8, dataShare: 0 };
 * const text = stepsCsv({ steps: [{ ...step, logs: { "loss/seg": 0.5 } }] });
 * assert.equal(text, "step,epoch,time,imagesPerSecond,dataShare,loss/seg\n1,1,0,8,0,0.5\n");
 * ```
 */
export function stepsCsv({ steps }: Pick<RunRecord, "steps">): string {
  const keys = [...new Set(steps.flatMap(({ logs }) => Object.keys(logs)))];
  const row = ({ step, epoch, time, imagesPerSecond, dataShare, logs }: StepEvent): unknown[] => [
    step,
    epoch,
    time,
    imagesPerSecond,
    dataShare,
    ...keys.map((key) => logs[key]),
  ];
  const head = ["step", "epoch", "time", "imagesPerSecond", "dataShare", ...keys];
  return [head, ...steps.map(row)].map(csvLine).join("");
}

/** Validations of a run as CSV: one row each, with the IoU of every class; absent ones are empty. */
export function validationsCsv({ validations }: Pick<RunRecord, "validations">): string {
  const names = validations[0]?.scores.classes.map(({ name }) => name) ?? [];
  const row = ({ step, epoch, time, best, scores }: ValidationEvent): unknown[] => [
    step,
    epoch,
    time,
    best,
    scores.pAcc,
    scores.mIoU,
    scores.fwIoU,
    scores.mAcc,
    ...scores.classes.map(({ iou }) => iou),
  ];
  const fixed = ["step", "epoch", "time", "best", "pAcc", "mIoU", "fwIoU", "mAcc"];
  const head = [...fixed, ...names.map((name) => `iou/${name}`)];
  return [head, ...validations.map(row)].map(csvLine).join("");
}

const FILES = ["steps.csv", "validations.csv"];

/** Steps and validations as CSV, in the run's folder. */
export const csv: SinkEntry = {
  name: "csv",
  summary: "steps.csv and validations.csv in the run's folder",
  isIn: (folder) => FILES.some((name) => existsSync(join(folder, name))),
  open: openFiles,
};

/** The columns are those of the first event: a run's keys do not change. */
function openFiles(folder: string): SinkFiles {
  mkdirSync(folder, { recursive: true });
  const append = (name: string, text: string): void => {
    const path = join(folder, name);
    const rows = text.slice(text.indexOf("\n") + 1);
    appendFileSync(path, existsSync(path) ? rows : text);
  };
  return {
    keepUntil(step) {
      for (const name of FILES) cutCsv(join(folder, name), step);
    },
    write(event) {
      if (event.type === "step") append("steps.csv", stepsCsv({ steps: [event] }));
      if (event.type === "validation") {
        append("validations.csv", validationsCsv({ validations: [event] }));
      }
    },
  };
}

/** Removes rows of later steps, and a row that a killed process left torn. */
function cutCsv(path: string, step: number): void {
  if (!existsSync(path)) return;
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const kept = lines.filter((line) => !(Number(/^(\d+),/.exec(line)?.[1] ?? -1) > step));
  const rows = kept.filter((line) => /^\d+,/.test(line));
  if (rows.length === 0) return rmSync(path);
  const rest = `${path}.${crypto.randomUUID().slice(-12)}.tmp`;
  writeFileSync(rest, kept.map((line) => `${line}\n`).join(""));
  renameSync(rest, path);
}
