import { test } from "node:test";
import assert from "node:assert/strict";
import type { DataConfig } from "../../../lib/data/data_config.ts";
import type { Dataset } from "../../../lib/data/dataset.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { trainBatches } from "../../../lib/data/loader/train_loader.ts";
import { eventually } from "../../support/eventually.ts";

const config: DataConfig = {
  ...(await loadConfig({ preset: "fixtures" })).data,
  trainSplit: "train",
  valSplit: "val",
  orientation: "apply",
  range: null,
  channels: 3,
  crop: [32, 48],
  batch: 5,
  augment: [{ name: "affine", zoom: [0.5, 2], rotate: 10, flip: true }],
  maxClassShare: 1,
  oversample: 0,
  normalize: { order: "bgr", mean: [104, 117, 124], std: [1, 1, 1] },
  cacheMiB: 8,
  workers: 0,
  prefetch: 2,
  onCorrupt: "fail",
  fingerprint: "sample",
};

async function fixtures(): Promise<Dataset> {
  return await openDataset("fixtures", { split: "train" });
}

test("trainBatches() gives full batches of distinct samples and drops the rest", async () => {
  const batches = await Array.fromAsync(
    trainBatches({ dataset: await fixtures(), config, seed: 1, epoch: 0 }),
  );
  assert.equal(batches.length, 4);
  assert.equal(new Set(batches.flatMap(({ ids }) => ids)).size, 20);
  for (const { bytes, images, labels, ids, valid } of batches) {
    assert.equal(bytes.length, images.length + labels.length);
    assert.ok([images, labels].every(({ buffer }) => buffer === bytes.buffer));
    assert.equal(images.length, 5 * 32 * 48 * 3);
    assert.equal(labels.length, 5 * 32 * 48);
    assert.equal(ids.length, 5);
    assert.equal(valid, labels.filter((value) => value !== 255).length);
    assert.ok(labels.every((value) => value < 5 || value === 255));
  }
});

test("trainBatches() is decided by seed and epoch, not by cache or runs before", async () => {
  const dataset = await fixtures();
  const one = await Array.fromAsync(trainBatches({ dataset, config, seed: 1, epoch: 3 }));
  const again = await Array.fromAsync(trainBatches({ dataset, config, seed: 1, epoch: 3 }));
  const uncached = { ...config, cacheMiB: 0 };
  const fresh = await Array.fromAsync(trainBatches({
    dataset: await fixtures(),
    config: uncached,
    seed: 1,
    epoch: 3,
  }));
  assert.deepEqual(again, one);
  assert.deepEqual(fresh, one);
  for (const [seed, epoch] of [[2, 3], [1, 4]] as const) {
    const other = await Array.fromAsync(trainBatches({ dataset, config, seed, epoch }));
    assert.notDeepEqual(other.map(({ ids }) => ids), one.map(({ ids }) => ids));
    assert.notDeepEqual(other[0]!.images, one[0]!.images);
  }
});

test("trainBatches() goes on where a resumed run left off", async () => {
  const dataset = await fixtures();
  const whole = await Array.fromAsync(trainBatches({ dataset, config, seed: 1, epoch: 0 }));
  const rest = await Array.fromAsync(
    trainBatches({ dataset, config, seed: 1, epoch: 0, startStep: 3 }),
  );
  assert.deepEqual(rest, whole.slice(3));
  assert.deepEqual(
    await Array.fromAsync(trainBatches({ dataset, config, seed: 1, epoch: 0, startStep: 4 })),
    [],
  );
});

test("trainBatches() refuses a start outside the epoch", async () => {
  const dataset = await fixtures();
  for (const startStep of [-1, 5, NaN]) {
    await assert.rejects(trainBatches({ dataset, config, seed: 1, epoch: 0, startStep }).next(), {
      name: "RangeError",
      message: `Cannot start at step ${startStep} of an epoch of 4 steps`,
    });
  }
});

test("trainBatches() reads at most one batch ahead", async () => {
  const dataset = await fixtures();
  let reads = 0;
  const counting: Dataset = {
    ...dataset,
    read(index) {
      reads++;
      return dataset.read(index);
    },
  };
  const iterator = trainBatches({ dataset: counting, config, seed: 1, epoch: 0 });
  await iterator.next();
  await eventually(() => reads >= 10);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(reads, 10);
  await iterator.return(undefined);
  assert.equal(reads, 10);
});

test("trainBatches() passes on the error of a sample when its batch is due", async () => {
  const dataset = await fixtures();
  let reads = 0;
  const failing: Dataset = {
    ...dataset,
    read: (index) =>
      ++reads > 5 ? Promise.reject(new Error('Cannot read "7.png"')) : dataset.read(index),
  };
  const iterator = trainBatches({
    dataset: failing,
    config: { ...config, cacheMiB: 0 },
    seed: 1,
    epoch: 0,
  });
  assert.equal((await iterator.next()).value!.ids.length, 5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await assert.rejects(iterator.next(), { message: 'Cannot read "7.png"' });
});
