import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { analyseRun } from "../../lib/report/analyse_run.ts";
import {
  calibrationFigures,
  confusionFigures,
  entropyFigure,
} from "../../lib/report/analysis_figures.ts";
import { tinyRun } from "../support/tiny_run.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("confusionFigures()", () => {
  test("confusionFigures(), calibrationFigures and entropyFigure draw what was analysed", async () => {
    const run = {
      name: "r",
      analysis: await analyseRun(await tinyRun(temporaryFolder(), "train.maxSteps=2")),
    };
    const figures = [
      ...confusionFigures([run]),
      ...calibrationFigures([run]),
      entropyFigure([run]),
    ];
    assert.equal(figures.length, 4);
    for (const { svg, name } of figures) assert.doesNotMatch(svg, /NaN|undefined|⚠/, name);
    assert.match(figures[0]!.svg, />100</, "what is always predicted fills its column");
  });
});
