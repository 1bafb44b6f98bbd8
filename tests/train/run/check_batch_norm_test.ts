import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { checkBatchNorm } from "../../../lib/train/run/check_batch_norm.ts";
import { train } from "../../../lib/train/run/train.ts";
import { config } from "../../support/config.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const RESNET = ["model.name=resnet50", "adversarial.enabled=false"];

describe("checkBatchNorm()", () => {
  before(() => useBackend({ backend: "wasm", threads: 1 }));

  test("checkBatchNorm() refuses one value a channel, of a batch and of a micro-batch", async () => {
    for (const few of [["data.batch=1"], ["data.batch=2", "train.gradientAccumulation=2"]]) {
      const wanted = await config(...RESNET, ...few);
      assert.throws(
        () => checkBatchNorm(wanted, { classes: 5 }),
        /batch norm conv5_\w+ has 1 value a channel \(1 × 1 × 1\), .*raise data\.crop or data\.batch/,
      );
      const out = join(temporaryFolder(), "run");
      await assert.rejects(train(wanted, { out }), /Cannot train: batch norm conv5/);
      await assert.rejects(access(out));
    }
  });

  test("checkBatchNorm() warns below 16 values, once for all layers, D's too", async () => {
    const warningsOf = async (...overrides: string[]) =>
      checkBatchNorm(await config(...overrides), { classes: 5 });
    const [warning, ...more] = await warningsOf(...RESNET, "data.batch=4");
    assert.match(warning!, /has 4 values a channel \(4 × 1 × 1\), too few for good statistics/);
    assert.equal(more.length, 0);
    assert.match((await warningsOf("data.batch=2"))[0]!, /batch norm d_bn4 has 8 values/);
    assert.deepEqual(await warningsOf("data.batch=4"), []);
    assert.deepEqual(await warningsOf("data.batch=1", "adversarial.enabled=false"), []);
  });

  test("checkBatchNorm() finds those of a network of one's own", async () => {
    const own = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [null, null, 3], filters: 2, kernelSize: 1, strides: 32 }),
        tf.layers.batchNormalization({ name: "norm" }),
        tf.layers.conv2d({ filters: 5, kernelSize: 1 }),
      ],
    });
    const model = fromLayersModel(own);
    const wanted = await config("data.batch=1", "adversarial.enabled=false");
    assert.throws(
      () => checkBatchNorm(wanted, { classes: 5, model }),
      /norm has 1 value a channel/,
    );
  });
});
