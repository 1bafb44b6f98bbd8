/** Scores of published networks' predictions, against the tools that scored them first. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeLabel } from "../../lib/data/codecs/decode.ts";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { CityscapesEvaluation } from "../../lib/metrics/cityscapes.ts";
import { ConfusionMatrix } from "../../lib/metrics/confusion_matrix.ts";
import { sharedPath, skipWithout } from "../support/shared_data.ts";

const oracle = sharedPath("data/oracle");
const skip = skipWithout("data/oracle");

function expected(name: string) {
  return JSON.parse(readFileSync(join(oracle, name, "expected.json"), "utf8"));
}

function labels(file: string): Uint8Array {
  return decodeLabel(readFileSync(file), { file }).data;
}

test("ConfusionMatrix.scores() gives ESPNet's CamVid scores by all three rules", { skip }, () => {
  const truth = expected("camvid-espnet");
  const dir = join(oracle, "camvid-espnet");
  const names = Array.from({ length: 12 }, (_, i) => `class ${i}`);
  const eleven = new ConfusionMatrix(names.slice(0, 11));
  const twelve = new ConfusionMatrix(names);
  for (const name of readdirSync(join(dir, "gt"))) {
    const maps = {
      truth: labels(join(dir, "gt", name)),
      prediction: labels(join(dir, "pred", name)),
    };
    eleven.add(maps);
    twelve.add(maps);
  }
  assert.deepEqual([...twelve.counts], truth.confusion.flat());
  const cases = [
    [eleven.scores(), truth.ignore_void],
    [eleven.scores({ ignored: "false-positive" }), truth.void_as_fp],
    [twelve.scores(), truth.all_12],
  ] as const;
  for (const [scores, rule] of cases) {
    assert.equal(scores.mIoU.toFixed(6), rule.mean_iou.toFixed(6));
    assert.equal(scores.mAcc.toFixed(6), rule.mean_acc.toFixed(6));
    if (rule.pixel_acc) assert.equal(scores.pAcc.toFixed(6), rule.pixel_acc.toFixed(6));
    scores.classes.forEach(({ iou }, i) => assert.equal(iou!.toFixed(6), rule.iou[i].toFixed(6)));
  }
});

test("CityscapesEvaluation.scores() gives what the official script printed", { skip }, () => {
  const truth = expected("cityscapes-espnet");
  const dir = join(oracle, "cityscapes-espnet");
  const evaluation = new CityscapesEvaluation();
  for (const name of readdirSync(join(dir, "pred"))) {
    const frame = name.replace("_pred_labelIds.png", "");
    const file = join(dir, "gt", `${frame}_gtFine_instanceIds.png`);
    evaluation.add({
      truth: labels(join(dir, "gt", `${frame}_gtFine_labelIds.png`)),
      prediction: labels(join(dir, "pred", name)),
      instances: decodePng(readFileSync(file), { file }).data,
    });
  }
  assert.deepEqual([...evaluation.counts], truth.confMatrix.flat());
  const scores = evaluation.scores();
  assert.equal(scores.classIoU.toFixed(10), truth.averageScoreClasses.toFixed(10));
  assert.equal(scores.categoryIoU.toFixed(10), truth.averageScoreCategories.toFixed(10));
  assert.equal(scores.classInstanceIoU.toFixed(10), truth.averageScoreInstClasses.toFixed(10));
  assert.equal(
    scores.categoryInstanceIoU.toFixed(10),
    truth.averageScoreInstCategories.toFixed(10),
  );
  for (const [name, score] of Object.entries(scores.classes)) {
    assert.equal(score?.toFixed(10), truth.classScores[name]?.toFixed(10));
  }
});
