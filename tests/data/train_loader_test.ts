import { test } from "node:test";
import assert from "node:assert/strict";
import type { DataConfig } from "../../lib/config/config.ts";
import { defaultConfig } from "../../lib/config/default_config.ts";
import type { Batch } from "../../lib/data/batch.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { openTrainLoader } from "../../lib/data/train_loader.ts";

function configOf(workers: number | null, more: Partial<DataConfig> = {}): DataConfig {
  return { ...defaultConfig().data, crop: [40, 56], batch: 5, cacheMiB: 1, workers, ...more };
}

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

function fixtures(): Promise<Dataset> {
  return openDataset("fixtures", { split: "train" });
}

test("openTrainLoader() gives the same bits with any number of workers", async () => {
  const runs: Batch[][] = [];
  for (const workers of [0, 1, 2, 5]) {
    await using loader = openTrainLoader({
      dataset: await fixtures(),
      config: configOf(workers),
      seed: 3,
    });
    assert.equal(loader.workers, workers);
    const epochs = [];
    for (const epoch of [0, 1, 2]) epochs.push(...await all(loader.batches({ epoch })));
    runs.push(epochs);
  }
  assert.equal(runs[0]!.length, 12);
  for (const run of runs.slice(1)) assert.deepEqual(run, runs[0]);
});
