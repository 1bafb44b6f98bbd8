import assert from "node:assert/strict";
import { test } from "node:test";
import { stepsCsv, validationsCsv } from "../../../lib/report/sinks/csv.ts";
import { readRun } from "../../../lib/train/run/read_run.ts";
import { tinyRun } from "../../support/tiny_run.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("stepsCsv() and validationsCsv have a row an event and a column a key", async () => {
  const path = await tinyRun(temporaryFolder());
  const run = await readRun(path);
  const steps = stepsCsv(run).trim().split("\n").map((line) => line.split(","));
  assert.equal(steps.length, run.steps.length + 1);
  const column = steps[0]!.indexOf("loss/seg");
  assert.deepEqual(
    steps.slice(1).map((row) => Number(row[column])),
    run.steps.map(({ logs }) => logs["loss/seg"]),
  );
  assert.match(validationsCsv(run), /^step,epoch,.*,iou\/background,/);
});

test("validationsCsv() quotes names and leaves absent classes empty", () => {
  const one = { name: 'a "b", c', iou: null, accuracy: null, pixels: 0 };
  const scores = {
    pAcc: 1,
    mIoU: 1,
    meanOver: "union" as const,
    fwIoU: 1,
    mAcc: 1,
    classes: [one],
  };
  const rest = { time: 0, step: 1, epoch: 1, split: "val", best: true };
  const text = validationsCsv({ validations: [{ type: "validation", scores, ...rest }] });
  assert.match(text, /,"iou\/a ""b"", c"\n/);
  assert.ok(text.endsWith(",1,\n"));
});
