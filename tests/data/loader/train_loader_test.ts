import { test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { DataConfig } from "../../../lib/data/data_config.ts";
import { augmentations } from "../../../lib/data/transforms/augment.ts";
import { parseOptions } from "../../../lib/util/registry.ts";
import { defaultConfig } from "../../../lib/config/schema.ts";
import type { HostBatch } from "../../../lib/data/loader/batch.ts";
import type { Dataset } from "../../../lib/data/dataset.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { openTrainLoader } from "../../../lib/data/loader/train_loader.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";
import "./_logging_reader.ts";
import { eventually } from "../../support/eventually.ts";

function configOf(workers: number | null, more: Partial<DataConfig> = {}): DataConfig {
  return { ...defaultConfig().data, crop: [40, 56], batch: 5, cacheMiB: 1, workers, ...more };
}

/** Twelve samples in batches of two. */
const SMALL: Partial<DataConfig> = { crop: [4, 6], batch: 2, cacheMiB: 0 };

function fixtures(): Promise<Dataset> {
  return openDataset("fixtures", { split: "train" });
}

/** A data set that tells which samples were read. */
async function withLogging(
  use: (dataset: Dataset, log: () => Uint8Array, dir: string) => Promise<void>,
): Promise<void> {
  await withFiles({}, async (dir) => {
    const file = join(dir, "log");
    const dataset = await openDataset("logging", { dir, split: "train" });
    await use(dataset, () => existsSync(file) ? readFileSync(file) : new Uint8Array(), dir);
  });
}

/** A folder of twelve samples. */
async function withFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const files: Record<string, Uint8Array | object> = { "classes.json": { classes: ["only"] } };
  for (let i = 0; i < 12; i++) {
    files[`train/images/${i}.png`] = picture(9, 8);
    files[`train/labels/${i}.png`] = labels(9, 8);
  }
  await withFiles(files, use);
}

function damage(dir: string, sample = 2): void {
  truncateSync(join(dir, `train/images/${sample}.png`), 60);
}

test("openTrainLoader() is bit-identical with any number of workers", async () => {
  const runs: HostBatch[][] = [];
  for (const workers of [0, 1, 2, 5]) {
    await using loader = openTrainLoader({
      dataset: await fixtures(),
      config: configOf(workers),
      seed: 3,
    });
    assert.equal(loader.workers, workers);
    const epochs = [];
    for (const epoch of [0, 1]) epochs.push(...await Array.fromAsync(loader.batches({ epoch })));
    runs.push(epochs);
  }
  assert.equal(runs[0]!.length, 8);
  for (const run of runs.slice(1)) assert.deepEqual(run, runs[0]);
});

test("openTrainLoader() repeats samples, each augmented anew, bit-identically in workers", async () => {
  const dataset = await fixtures();
  const repeats = dataset.ids.map((_, i) => i === 3 ? 6 : 1);
  const runs: HostBatch[][] = [];
  for (const workers of [0, 2]) {
    const config = configOf(workers, { maxClassShare: 0.75 });
    await using loader = openTrainLoader({ dataset, config, seed: 3, repeats });
    runs.push(await Array.fromAsync(loader.batches({ epoch: 0 })));
  }
  assert.deepEqual(runs[1], runs[0]);
  const pixels = 40 * 56;
  const crops = runs[0]!.flatMap(({ ids, labels }) =>
    ids.map((id, i) => (
      { id, label: labels.subarray(i * pixels, (i + 1) * pixels) }
    ))
  );
  const repeated = crops.filter(({ id }) => id === dataset.ids[3]);
  assert.ok(repeated.length >= 2, `${repeated.length}`);
  assert.equal(new Set(repeated.map(({ label }) => label.join())).size, repeated.length);
});

test("openTrainLoader() applies every augmentation, bit-identically in workers and after a resume", async () => {
  const dataset = await fixtures();
  const augment = [...augmentations].map(({ name, options }) => ({
    name,
    ...parseOptions(options, {}, { name }),
    ...name === "color-jitter" ? { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 } : {},
  })) as DataConfig["augment"];
  const runs: HostBatch[][] = [];
  for (const workers of [0, 2]) {
    const config = configOf(workers, { augment });
    await using loader = openTrainLoader({ dataset, config, seed: 3 });
    runs.push(await Array.fromAsync(loader.batches({ epoch: 1 })));
    const resumed = await Array.fromAsync(loader.batches({ epoch: 1, startStep: 2 }));
    assert.deepEqual(resumed, runs[0]!.slice(2));
  }
  assert.deepEqual(runs[1], runs[0]);
  const hash = createHash("sha256");
  for (const { bytes, labels, valid } of runs[0]!) {
    assert.equal(valid, labels.filter((value) => value !== 255).length);
    hash.update(bytes);
  }
  assert.equal(hash.digest("hex").slice(0, 16), "4363b763a06d24ae");
});

test("openTrainLoader() goes on in workers where a resumed run left off", async () => {
  const dataset = await fixtures();
  await using loader = openTrainLoader({ dataset, config: configOf(2), seed: 3 });
  const whole = await Array.fromAsync(loader.batches({ epoch: 4 }));
  assert.deepEqual(
    await Array.fromAsync(loader.batches({ epoch: 4, startStep: 2 })),
    whole.slice(2),
  );
});

test("openTrainLoader() gives no worker more than prefetch batches ahead", async () => {
  await withLogging(async (dataset, log) => {
    await using loader = openTrainLoader({ dataset, config: configOf(2, SMALL), seed: 1 });
    const batches = loader.batches({ epoch: 0 });
    await batches.next();
    await eventually(() => log().length >= 3 * 2);
    await pause(200);
    assert.equal(log().length, 3 * 2);
    await batches.next();
    await eventually(() => log().length >= 4 * 2);
    await pause(200);
    assert.equal(log().length, 4 * 2);
  });
});

test("openTrainLoader() replaces a worker that dies and reads its samples again", async () => {
  await withLogging(async (dataset, log, dir) => {
    await using calm = openTrainLoader({ dataset, config: configOf(0, SMALL), seed: 1 });
    const expected = await Array.fromAsync(calm.batches({ epoch: 0 }));
    const before = log().length;
    writeFileSync(join(dir, "die-3"), "");
    writeFileSync(join(dir, "die-7"), "");
    await using loader = openTrainLoader({ dataset, config: configOf(2, SMALL), seed: 1 });
    assert.deepEqual(await Array.fromAsync(loader.batches({ epoch: 0 })), expected);
    const reads = log().slice(before);
    for (const index of [3, 7]) {
      assert.ok(reads.filter((read) => read === index).length >= 2, `sample ${index}`);
    }
  });
});

test("openTrainLoader() keeps decoded samples up to the cap, whoever decoded them", async () => {
  // A sample has 96 bytes: the cap holds five.
  for (const [cacheMiB, again] of [[1, 0], [500 / 2 ** 20, 7], [0, 12]] as const) {
    await withLogging(async (dataset, log) => {
      const config = configOf(2, { ...SMALL, cacheMiB });
      await using loader = openTrainLoader({ dataset, config, seed: 1 });
      const first = await Array.fromAsync(loader.batches({ epoch: 0 }));
      assert.equal(log().length, 12);
      assert.deepEqual(await Array.fromAsync(loader.batches({ epoch: 0 })), first);
      assert.equal(log().length, 12 + again, `${cacheMiB} MiB`);
    });
  }
});

test("openTrainLoader() refuses workers for what only the main thread can read", async () => {
  const dataset = await fixtures();
  const changed = { ...dataset, read: (index: number) => dataset.read(index) };
  assert.throws(() => openTrainLoader({ dataset: changed, config: configOf(2), seed: 1 }), {
    name: "TypeError",
    message: /^Cannot load data set "fixtures" in 2 workers: .*set data\.workers to 0/,
  });
  await using loader = openTrainLoader({ dataset: changed, config: configOf(null), seed: 1 });
  assert.equal(loader.workers, 0);
});

test("openTrainLoader() notices in workers that the data set has changed", async () => {
  await withFolder(async (dir) => {
    const dataset = await openDataset("folder", { dir, split: "train" });
    await using loader = openTrainLoader({ dataset, config: configOf(1, SMALL), seed: 1 });
    rmSync(join(dir, "train/images/0.png"));
    rmSync(join(dir, "train/labels/0.png"));
    await assert.rejects(Array.fromAsync(loader.batches({ epoch: 0 })), {
      message: /data set has changed/,
    });
  });
});

for (const workers of [0, 2]) {
  test(`openTrainLoader() names a damaged file with ${workers} workers`, async () => {
    await withFolder(async (dir) => {
      damage(dir);
      const dataset = await openDataset("folder", { dir, split: "train" });
      await using loader = openTrainLoader({ dataset, config: configOf(workers, SMALL), seed: 1 });
      await assert.rejects(Array.fromAsync(loader.batches({ epoch: 0 })), {
        name: "DamagedFileError",
        message: /^Cannot decode PNG ".*images.2\.png": file truncated/,
      });
    });
  });

  test(`openTrainLoader() skips damaged samples by a rule, with ${workers} workers`, async () => {
    await withFolder(async (dir) => {
      const config = configOf(workers, { ...SMALL, onCorrupt: "skip" });
      const dataset = await openDataset("folder", { dir, split: "train" });
      await using sound = openTrainLoader({ dataset, config: configOf(0, SMALL), seed: 1 });
      const ids = (await Array.fromAsync(sound.batches({ epoch: 0 }))).flatMap((batch) =>
        batch.ids
      );
      damage(dir);
      await using loader = openTrainLoader({ dataset, config, seed: 1 });
      const batches = await Array.fromAsync(loader.batches({ epoch: 0 }));
      const at = ids.indexOf("2");
      const expected = ids.with(at, ids[(at + SMALL.batch!) % ids.length]!);
      assert.deepEqual(batches.flatMap((batch) => batch.ids), expected);
      const skipped = batches.flatMap((batch) => batch.skipped);
      assert.deepEqual(skipped.map(({ id }) => id), ["2"]);
      assert.match(skipped[0]!.message, /images.2\.png": file truncated/);
      await using resumed = openTrainLoader({ dataset, config, seed: 1 });
      const rest = await Array.fromAsync(resumed.batches({ epoch: 0, startStep: 2 }));
      assert.deepEqual(rest, batches.slice(2));
    });
  });
}

test("openTrainLoader() skips no sample whose files cannot be read today", async () => {
  await withFolder(async (dir) => {
    const config = configOf(0, { ...SMALL, onCorrupt: "skip" });
    const dataset = await openDataset("folder", { dir, split: "train" });
    rmSync(join(dir, "train/images/2.png"));
    await using loader = openTrainLoader({ dataset, config, seed: 1 });
    await assert.rejects(Array.fromAsync(loader.batches({ epoch: 0 })), {
      message: /there is no such file/,
    });
  });
});

test("openTrainLoader() says so where every sample is damaged", async () => {
  await withFolder(async (dir) => {
    for (let i = 0; i < 12; i++) damage(dir, i);
    const config = configOf(0, { ...SMALL, onCorrupt: "skip" });
    const dataset = await openDataset("folder", { dir, split: "train" });
    await using loader = openTrainLoader({ dataset, config, seed: 1 });
    await assert.rejects(Array.fromAsync(loader.batches({ epoch: 0 })), {
      message: /^Cannot train on split "train": each of its 10 samples is damaged, the first: /,
    });
  });
});

for (const workers of [0, 1]) {
  test(`openTrainLoader() stops at a signal, with ${workers} workers`, async () => {
    const dataset = await fixtures();
    await using loader = openTrainLoader({ dataset, config: configOf(workers), seed: 1 });
    const abort = new AbortController();
    const batches = loader.batches({ epoch: 0, signal: abort.signal });
    await batches.next();
    const waiting = batches.next();
    abort.abort(new Error("enough"));
    await assert.rejects(waiting, { message: "enough" });
    assert.equal((await batches.next()).done, true);
    assert.equal((await Array.fromAsync(loader.batches({ epoch: 0 }))).length, 4); // the loader is still good
  });
}

test("openTrainLoader() keeps no process alive by workers that are forgotten", {
  timeout: 120_000,
}, async () => {
  const program = fileURLToPath(new URL("./_abandon_program.ts", import.meta.url));
  const args = "deno" in process.versions ? ["run", "-A", "--no-check", program] : [program];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => text += chunk);
  const [code] = await once(child, "close");
  assert.deepEqual([code, text], [0, "4 samples\n"]);
});
