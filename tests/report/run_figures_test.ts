import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readRun } from "../../lib/report/read_run.ts";
import { classFigure, gameFigures, trainingFigures } from "../../lib/report/run_figures.ts";
import { tinyRun } from "./_runs.ts";

describe("trainingFigures", () => {
  test("trainingFigures, gameFigures and classFigure draw runs with and without a discriminator", async () => {
    const game = await readRun(await tinyRun("train.maxSteps=3"), "game");
    const plain = await readRun(
      await tinyRun("train.maxSteps=3", "adversarial.mode=baseline"),
      "plain",
    );
    assert.equal(gameFigures([plain]).length, 0);
    const figures = [...trainingFigures([game, plain]), ...gameFigures([game, plain])];
    for (const { svg, name } of [...figures, classFigure([game, plain])!]) {
      assert.match(svg, /^<svg xmlns/, name);
      assert.doesNotMatch(svg, /NaN|undefined|⚠/, name);
    }
    assert.deepEqual(figures[0]!.legend.map((entry) => entry.name), ["game", "plain"]);
    assert.equal(classFigure([{ ...game, validations: [] }]), null);
  });
});
