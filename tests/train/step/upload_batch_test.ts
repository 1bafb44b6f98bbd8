import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { openTrainLoader } from "../../../lib/data/loader/train_loader.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { uploadBatch } from "../../../lib/train/step/upload_batch.ts";
import { config } from "../../support/config.ts";

before(async () => {
  await useBackend({ backend: "wasm", threads: 1 });
});

test("uploadBatch() normalises each channel and keeps labels", async () => {
  const { data } = await config("data.batch=2", "data.workers=0");
  const dataset = await openDataset("fixtures", { split: "train" });
  await using loader = openTrainLoader({ dataset, config: data, seed: 1 });
  for await (const batch of loader.batches({ epoch: 0 })) {
    const { images, labels } = uploadBatch(batch, data);
    const { mean, std } = data.normalize;
    const pixels = await images.data();
    const expected = Float32Array.from(
      batch.images,
      (value, i) => (value - mean[i % 3]!) / std[i % 3]!,
    );
    for (let i = 0; i < pixels.length; i += 97) {
      assert.ok(Math.abs(pixels[i]! - expected[i]!) < 1e-5, `${i}: ${pixels[i]} ${expected[i]}`);
    }
    assert.deepEqual([...await labels.data()], [...batch.labels]);
    assert.deepEqual(images.shape, [2, ...data.crop, 3]);
    break;
  }
});
