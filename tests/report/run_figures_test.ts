import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readRun } from "../../lib/train/run/read_run.ts";
import {
  classFigure,
  discriminatorFigures,
  trainingFigures,
} from "../../lib/report/run_figures.ts";
import { tinyRun } from "../support/tiny_run.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("trainingFigures()", () => {
  test("trainingFigures(), discriminatorFigures and classFigure draw runs with and without a discriminator", async () => {
    const adversarial = await readRun(
      await tinyRun(temporaryFolder(), "train.maxSteps=3"),
      "adversarial",
    );
    const plain = await readRun(
      await tinyRun(temporaryFolder(), "train.maxSteps=3", "adversarial.enabled=false"),
      "plain",
    );
    assert.equal(discriminatorFigures([plain]).length, 0);
    const figures = [
      ...trainingFigures([adversarial, plain]),
      ...discriminatorFigures([adversarial, plain]),
    ];
    for (const { svg, name } of [...figures, classFigure([adversarial, plain])!]) {
      assert.match(svg, /^<svg xmlns/, name);
      assert.doesNotMatch(svg, /NaN|undefined|⚠/, name);
    }
    assert.deepEqual(figures[0]!.legend.map((entry) => entry.name), ["adversarial", "plain"]);
    assert.equal(classFigure([{ ...adversarial, validations: [] }]), null);
  });

  test("trainingFigures() give a single validation an axis of whole epochs", async () => {
    const run = await readRun(await tinyRun(temporaryFolder(), "train.maxSteps=2"), "one");
    const validations = [{ ...run.validations.at(-1)!, epoch: 16 }];
    const { plot } = trainingFigures([{ ...run, validations }]).find(({ name }) =>
      name === "miou"
    )!;
    const axis = plot.slice(plot.indexOf('aria-label="x-axis tick label"'));
    const ticks = axis.slice(0, axis.indexOf("</g>")).match(/(?<=>)[^<]+(?=<\/text>)/g);
    assert.deepEqual(ticks, ["0", "5", "10", "15"]);
  });

  test("trainingFigures() draw runs of a group as one series: thin lines and their mean", async () => {
    const run = await readRun(
      await tinyRun(temporaryFolder(), "train.maxSteps=8", "adversarial.enabled=false"),
      "a",
    );
    const other = {
      ...run,
      name: "b",
      steps: run.steps.map((step) => ({
        ...step,
        logs: { ...step.logs, "loss/seg": step.logs["loss/seg"]! + 2 },
      })),
    };
    const pair = [{ ...run, group: "both" }, { ...other, group: "both" }];
    const [loss] = trainingFigures([...pair, { ...run, name: "alone" }])
      .filter(({ name }) => name === "loss-seg");
    assert.deepEqual(loss!.legend.map(({ name }) => name), ["both", "alone"]);
    const lines = [
      ...loss!.plot.matchAll(/<path d="M[^"]*" stroke="(#\w+)"|<path stroke="(#\w+)"/g),
    ]
      .map(([, a, b]) => a ?? b);
    const [both, alone] = loss!.legend.map(({ color }) =>
      lines.filter((of) => of === color).length
    );
    assert.deepEqual([both, alone], [3, 2], "two runs and a mean; one run and its mean");
  });
});
