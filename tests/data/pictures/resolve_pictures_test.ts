import { test } from "node:test";
import assert from "node:assert/strict";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import {
  type PictureConfig,
  readPicturesAs,
  resolvePictures,
} from "../../../lib/data/pictures/resolve_pictures.ts";
import { pairDataset } from "../../../lib/data/readers/pair_dataset.ts";
import { type Content, labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { turnedPng } from "../../support/turned_picture.ts";
import { scene } from "./_scenes.ts";

const AUTO: PictureConfig = { orientation: "auto", range: "auto", channels: 3 };

function deep(values: number[]): Uint8Array {
  return encodePng({ width: 2, height: 2, channels: 1, data: Uint16Array.from(values) });
}

async function withDataset(
  files: Record<string, Content>,
  use: (dataset: ReturnType<typeof pairDataset>) => Promise<void>,
): Promise<void> {
  await withFiles(files, async (dir) => {
    const ids = Object.keys(files).filter((name) => !name.startsWith("mask"));
    await use(pairDataset({
      name: "test",
      split: "train",
      classes: [],
      ignoreLabel: 255,
      pairs: ids.map((id) => ({ id, image: `${dir}/${id}`, label: `${dir}/mask_${id}` })),
    }));
  });
}

test("resolvePictures() takes one range for all pictures of more than 8 bits", async () => {
  const files = {
    "a.png": deep([5, 900, 30, 7]),
    "b.png": deep([1, 2, 3, 4000]),
    "c.png": picture(2, 2),
    ...Object.fromEntries(["a", "b", "c"].map((id) => [`mask_${id}.png`, labels(2, 2)])),
  };
  await withDataset(files, async (dataset) => {
    const { pictures, notices } = await resolvePictures([dataset], AUTO);
    assert.deepEqual(pictures, { orientation: "apply", range: [0, 4095], channels: 3 });
    assert.deepEqual(notices, [
      "2 of 3 pictures have more than 8 bits, values 1 to 4000: 0 to 4095 become 0 to 255 " +
      "(data.range)",
    ]);
    const view = readPicturesAs(dataset, AUTO);
    assert.deepEqual([...(await view.read(0)).image.data.subarray(3, 6)], [56, 56, 56]);
    assert.equal((await view.read(2)).image.data[0], 90);
    const given = readPicturesAs(dataset, { ...AUTO, range: [0, 1023], channels: 1 });
    assert.deepEqual([...(await given.read(0)).image.data], [1, 225, 7, 1]);
  });
});

test("resolvePictures() says what is done about orientations", async () => {
  const { image, label } = scene(1, { width: 32, height: 24 });
  const mask = encodePng({ ...label, channels: 1 });
  const files = { "a.png": turnedPng(image, 6), "mask_a.png": mask };
  await withDataset(files, async (dataset) => {
    const { pictures, notices } = await resolvePictures([dataset], AUTO);
    assert.equal(pictures.orientation, "apply");
    assert.equal(pictures.range, null);
    assert.deepEqual(notices, [
      "1 of 1 pictures have an EXIF orientation and are turned upright, as the sizes of their " +
      "masks show (data.orientation)",
    ]);
    assert.deepEqual((await readPicturesAs(dataset, AUTO).read(0)).image, image);
    const ignored = readPicturesAs(dataset, { ...AUTO, orientation: "ignore" });
    await assert.rejects(ignored.read(0), /they must be of one size/);
  });
});

test("resolvePictures() looks at nothing where everything is given", async () => {
  const given = { orientation: "ignore", range: null, channels: 1 } as const;
  await withDataset({ "gone.png": "no picture" }, async (dataset) => {
    assert.deepEqual(await resolvePictures([dataset], given), { pictures: given, notices: [] });
    // What cannot be read says nothing; reading the sample will
    assert.deepEqual((await resolvePictures([dataset], AUTO)).notices, []);
  });
});
