import { test } from "node:test";
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import {
  chooseWorkers,
  type SampleLoader,
  withFallback,
} from "../../../lib/data/loader/sample_loader.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { NoWorkerError } from "../../../lib/util/worker_pool.ts";

test("withFallback() goes on in this thread where no worker starts, and only then", async () => {
  const answers = [7, new RangeError("damaged"), new NoWorkerError("forbidden")];
  const loader = (workers: number, load: () => Promise<number>): SampleLoader<number, number> => ({
    workers,
    load,
    cancel() {},
    close: () => Promise.resolve(),
  });
  const threads = loader(2, () => {
    const answer = answers.shift()!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  const either = withFallback(threads, loader(0, () => Promise.resolve(9)));
  assert.equal(await either.load(0, {}), 7);
  await assert.rejects(either.load(0, {}), { message: "damaged" });
  assert.equal(either.workers, 2);
  assert.equal(await either.load(0, {}), 9);
  assert.equal(either.workers, 0);
});

test("chooseWorkers() leaves a core to the main thread, and small work as well", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  const most = Math.min(8, availableParallelism() - 1);
  assert.equal(chooseWorkers(dataset, { pixels: 100, least: 100 }), most);
  assert.equal(chooseWorkers(dataset, { pixels: 99, least: 100 }), 0);
});

test("chooseWorkers() starts none where they could not open the data set", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  assert.equal(chooseWorkers({ ...dataset }, { pixels: 100, least: 100 }), 0);
});
