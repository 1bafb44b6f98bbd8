import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { analyseRun } from "../../lib/report/analyse_run.ts";
import { qualitativeGrid } from "../../lib/report/qualitative_grid.ts";
import { tinyRun } from "../support/tiny_run.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("qualitativeGrid()", () => {
  test("qualitativeGrid() shows first the images on which runs differ most", async () => {
    const analysis = await analyseRun(await tinyRun(temporaryFolder(), "train.maxSteps=1"));
    const [odd] = [...analysis.maps.keys()].slice(2);
    const changed = new Map(analysis.maps);
    const map = changed.get(odd!)!;
    changed.set(odd!, { ...map, prediction: map.prediction.map((label) => (label + 1) % 3) });
    const dataset = await openDataset("fixtures", { split: "val" });
    const runs = [{ name: "a", analysis }, { name: "b", analysis: { ...analysis, maps: changed } }];
    const rows = await qualitativeGrid(runs, dataset, { rows: 2 });
    assert.equal(rows[0]!.id, odd);
    assert.equal(rows[0]!.difference, 1);
    assert.equal(rows[1]!.difference, 0);
    const truth = decodePng(rows[0]!.truth, { file: "truth" });
    assert.deepEqual([truth.width, truth.height], [map.width, map.height]);
    const expected = map.truth.map((label) => Math.min(label, analysis.classes.length));
    assert.deepEqual([...truth.data], [...expected]);
    assert.deepEqual(rows[0]!.columns.map(({ run }) => run), ["a", "b"]);
    assert.deepEqual(await qualitativeGrid([], dataset, { rows: 2 }), []);
  });

  test("qualitativeGrid() draws runs of another class order in the classes of the first", async () => {
    const analysis = await analyseRun(await tinyRun(temporaryFolder(), "train.maxSteps=1"));
    const dataset = await openDataset("fixtures", { split: "val" });
    const count = analysis.classes.length;
    const turn = (labels: Uint8Array): Uint8Array =>
      labels.map((label) => label < count ? count - 1 - label : label);
    const maps = new Map([...analysis.maps].map(([id, map]) => {
      return [id, { ...map, prediction: turn(map.prediction), truth: turn(map.truth) }];
    }));
    const turned = { ...analysis, classes: analysis.classes.toReversed(), maps };
    const runs = [{ name: "a", analysis }, { name: "b", analysis: turned }];
    for (const { difference, columns } of await qualitativeGrid(runs, dataset, { rows: 3 })) {
      assert.equal(difference, 0);
      assert.deepEqual(columns[1]!.prediction, columns[0]!.prediction);
    }
    const classes = analysis.classes.map((one, i) => i === 0 ? { ...one, name: "other" } : one);
    runs[1] = { name: "b", analysis: { ...analysis, classes } };
    await assert.rejects(qualitativeGrid(runs, dataset, { rows: 1 }), {
      name: "ClassMismatchError",
      message: /^b has the classes other, disc, .*, a has background, disc, /,
    });
  });
});
