import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import type { Size } from "../../../lib/util/schema.ts";
import type { Dataset } from "../../../lib/data/dataset.ts";
import { evaluationItems } from "../../../lib/data/loader/evaluation_items.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { mirrorRows } from "../../../lib/data/transforms/network_input.ts";
import { resizeImage, resizeLabel } from "../../../lib/data/transforms/resize.ts";
import { withFiles } from "../../support/dataset_folder.ts";
import "./_logging_reader.ts";

const normalize: NormalizeConfig = { order: "rgb", mean: [0, 0, 0], std: [1, 1, 1] };

test("evaluationItems() gives every sample in order, in its own size or resized", async () => {
  const dataset = await openDataset("fixtures", { split: "val" });
  for (const resize of [null, [40, 72], [64, 64]] as (Size | null)[]) {
    let index = 0;
    for await (
      const item of evaluationItems(dataset, { normalize, resize, scoreSize: "resized" })
    ) {
      const { id, image, label } = await dataset.read(index++);
      const size = resize ?? [64, 64];
      assert.equal(item.id, id);
      assert.deepEqual([item.height, item.width], size);
      assert.deepEqual(item.image, resizeImage(image, size as Size));
      assert.deepEqual(item.label, resizeLabel(label, size as Size).data);
    }
    assert.equal(index, 8);
  }
});

test("evaluationItems() leaves labels at their size, whatever that of the images", async () => {
  const dataset = await openDataset("fixtures", { split: "val" });
  const options = { normalize, resize: [40, 72] as Size, flip: true };
  let index = 0;
  for await (const item of evaluationItems(dataset, options)) {
    const { image, label } = await dataset.read(index++);
    assert.deepEqual([item.labelSize, item.label], [[64, 64], label.data]);
    const data = mirrorRows(image.data, { width: 64, channels: 3 });
    assert.deepEqual(item.mirrored, resizeImage({ ...image, data }, [40, 72]));
  }
  assert.equal(index, 8);
});

test("evaluationItems() maps the ignore label without touching the sample", async () => {
  const label = { width: 2, height: 1, data: new Uint8Array([0, 9]) };
  const dataset: Dataset = {
    name: "two",
    split: "val",
    classes: [{ name: "a", color: [0, 0, 0] }],
    ignoreLabel: 9,
    ids: ["only"],
    read: () =>
      Promise.resolve({
        id: "only",
        image: { width: 2, height: 1, data: new Uint8Array(6) },
        label,
      }),
  };
  for await (const item of evaluationItems(dataset, { normalize })) {
    assert.deepEqual([...item.label], [0, 255]);
  }
  assert.deepEqual([...label.data], [0, 9]);
  label.data[0] = 4;
  await assert.rejects(evaluationItems(dataset, { normalize }).next(), {
    name: "DamagedFileError",
    message: /^Cannot use sample "only": label 4 at column 0, row 0/,
  });
});

test("evaluationItems() gives many images from threads, bit-identical", async () => {
  await withFiles({}, async (dir) => {
    const dataset = await openDataset("logging", { dir, split: "many" });
    const readHere = { ...dataset, read: (index: number) => dataset.read(index) };
    const options = { normalize, resize: null, resizeMode: "stretch" as const };
    const expected = evaluationItems(readHere, options);
    for await (const item of evaluationItems(dataset, options)) {
      assert.deepEqual(item, (await expected.next()).value);
    }
    assert.equal((await expected.next()).done, true);
  });
});

test("evaluationItems() passes on the error of a thread when its image is due", async () => {
  await withFiles({}, async (dir) => {
    const dataset = await openDataset("logging", { dir, split: "many" });
    rmSync(dir, { recursive: true });
    const names: string[] = [];
    await assert.rejects(async () => {
      for await (const { id } of evaluationItems(dataset, { normalize })) names.push(id);
    }, /Cannot open data set "logging": there is no folder/);
    assert.deepEqual(names, []);
    mkdirSync(dir);
  });
});
