import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { InstanceMap } from "../../lib/data/dataset.ts";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { decodeLabelIds } from "../../lib/data/readers/cityscapes.ts";
import { cityscapesScorer } from "../../lib/metrics/cityscapes.ts";
import { sharedPath, skipWithout } from "../support/shared_data.ts";

/** A split whose instance maps are given. */
function splitOf(...maps: InstanceMap[]) {
  const readInstances = (index: number): Promise<InstanceMap> => Promise.resolve(maps[index]!);
  return { name: "made", ids: maps.map((_, i) => `frame ${i}`), readInstances };
}

test("cityscapesScorer() brings a smaller prediction to the size of the truth", async () => {
  const data = Uint16Array.of(7, 7, 8, 8, 7, 7, 8, 8);
  const scorer = cityscapesScorer(splitOf({ width: 4, height: 2, data }));
  await scorer.add(0, { width: 2, height: 1, data: Uint8Array.of(0, 1) });
  const { classes, classIoU } = scorer.scores();
  assert.deepEqual([classes.road, classes.sidewalk, classIoU], [1, 1, 1]);
  assert.equal(classes.car, null);
});

test("cityscapesScorer() weighs a small thing like a large one, and drops ignored pixels", async () => {
  // Two cars of one and three pixels, the smaller one found; the last pixel counts for nobody
  const data = Uint16Array.of(26001, 26002, 26002, 26002, 4);
  const scorer = cityscapesScorer(splitOf({ width: 5, height: 1, data }));
  await scorer.add(0, { width: 5, height: 1, data: Uint8Array.of(13, 0, 0, 0, 13) });
  const { classes, instanceClasses } = scorer.scores();
  assert.equal(classes.car, 0.25);
  assert.equal(instanceClasses.car, 0.5);
});

test("cityscapesScorer() names the sample whose instance map is none", async () => {
  const scorer = cityscapesScorer(splitOf({ width: 1, height: 1, data: Uint16Array.of(65535) }));
  await assert.rejects(scorer.add(0, { width: 1, height: 1, data: Uint8Array.of(0) }), {
    name: "RangeError",
    message: /^Cannot score sample "frame 0": 65535 in its instance map is neither a labelId/,
  });
});

test("cityscapesScorer() gives what the official script printed for real predictions", {
  skip: skipWithout("data/oracle/cityscapes-espnet"),
}, async () => {
  const dir = sharedPath("data/oracle/cityscapes-espnet");
  const truth = JSON.parse(readFileSync(join(dir, "expected.json"), "utf8"));
  const files = readdirSync(join(dir, "pred")).sort();
  const readInstances = (index: number): Promise<InstanceMap> => {
    const frame = files[index]!.replace("_pred_labelIds.png", "");
    const file = join(dir, "gt", `${frame}_gtFine_instanceIds.png`);
    const { width, height, data } = decodePng(readFileSync(file), { file });
    return Promise.resolve({ width, height, data: Uint16Array.from(data) });
  };
  const scorer = cityscapesScorer({ name: "oracle", ids: files, readInstances });
  for (const [index, name] of files.entries()) {
    const file = join(dir, "pred", name);
    await scorer.add(index, decodeLabelIds(readFileSync(file), { file }));
  }
  const scores = scorer.scores();
  const percent = (fraction: number): string => (fraction * 100).toFixed(2);
  assert.deepEqual(
    [scores.classIoU, scores.categoryIoU, scores.classInstanceIoU, scores.categoryInstanceIoU]
      .map(percent),
    ["57.13", "81.17", "25.85", "61.31"],
  );
  assert.equal(scores.classIoU.toFixed(10), truth.averageScoreClasses.toFixed(10));
});
