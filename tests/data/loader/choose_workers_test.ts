import { test } from "node:test";
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { defaultConfig } from "../../../lib/config/default_config.ts";
import { chooseWorkers } from "../../../lib/data/loader/choose_workers.ts";
import { fallbackPreparer } from "../../../lib/data/loader/fallback_preparer.ts";
import type { Preparer } from "../../../lib/data/loader/preparer.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { NoWorkerError } from "../../../lib/util/worker_pool.ts";

test("chooseWorkers() leaves a core to the main thread, and small batches as well", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  const { data } = defaultConfig();
  assert.equal(chooseWorkers(dataset, data), Math.min(8, availableParallelism() - 1));
  assert.equal(chooseWorkers(dataset, { ...data, crop: [64, 64], batch: 8 }), 0);
});

test("chooseWorkers() starts none where they could not open the data set", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  assert.equal(chooseWorkers({ ...dataset }, defaultConfig().data), 0);
});

test("fallbackPreparer() goes on in this thread where no worker starts, and only then", async () => {
  const answers = [7, new RangeError("damaged"), new NoWorkerError("forbidden")];
  const preparer = (workers: number, prepare: Preparer["prepare"]): Preparer => ({
    workers,
    prepare,
    cancel() {},
    close: () => Promise.resolve(),
  });
  const threads = preparer(2, () => {
    const answer = answers.shift()!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  const either = fallbackPreparer(threads, preparer(0, () => Promise.resolve(9)));
  const slot = { epoch: 0, index: 0, image: new Uint8Array(), label: new Uint8Array() };
  assert.equal(await either.prepare(slot, {}), 7);
  await assert.rejects(either.prepare(slot, {}), { message: "damaged" });
  assert.equal(either.workers, 2);
  assert.equal(await either.prepare(slot, {}), 9);
  assert.equal(either.workers, 0);
});
