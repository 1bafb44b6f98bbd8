/**
 * A run's events as tables.
 *
 * @module
 */
import type { StepEvent, ValidationEvent } from "../train/events.ts";
import type { RunRecord } from "../train/run/read_run.ts";

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
  return toCsv([head, ...steps.map(row)]);
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
  return toCsv([[...fixed, ...names.map((name) => `iou/${name}`)], ...validations.map(row)]);
}

function toCsv(rows: readonly unknown[][]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function cell(value: unknown): string {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
