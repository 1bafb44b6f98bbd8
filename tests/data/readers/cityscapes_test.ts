import { describe, test } from "node:test";
import assert from "node:assert/strict";
import {
  CITYSCAPES_CLASSES,
  CITYSCAPES_LABELS,
  cityscapesReader,
  decodeLabelIds,
} from "../../../lib/data/readers/cityscapes.ts";
import { runPython, skipWithoutPillow } from "../../support/pillow.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";

test("CITYSCAPES_CLASSES stand in the order of their train ids", () => {
  assert.equal(CITYSCAPES_CLASSES.length, 19);
  assert.deepEqual(CITYSCAPES_CLASSES[0], { name: "road", color: [128, 64, 128] });
  assert.deepEqual(CITYSCAPES_CLASSES[18], { name: "bicycle", color: [119, 11, 32] });
});

test("CITYSCAPES_LABELS hold 34 ids, 19 of them trained", () => {
  CITYSCAPES_LABELS.forEach(({ id }, i) => assert.equal(id, i));
  const trained = CITYSCAPES_LABELS.filter(({ trainId }) => trainId !== 255);
  assert.deepEqual(trained.map(({ trainId }) => trainId), [...Array(19).keys()]);
  assert.equal(CITYSCAPES_LABELS.filter(({ instances }) => instances).length, 10);
});

test("CITYSCAPES_LABELS have the colours of the real colour map", {
  skip: skipWithout("data/formats/cityscapes") || skipWithoutPillow,
}, () => {
  const folder = sharedPath("data/formats/cityscapes/gtFine/val/frankfurt");
  const program = `
import json, sys
from PIL import Image
image = Image.open(json.load(sys.stdin)).convert("RGB")
print(json.dumps([color for count, color in image.getcolors(1000)]))
`;
  const seen = JSON.parse(
    runPython(program, `${folder}/frankfurt_000001_058914_gtFine_color.png`),
  ) as number[][];
  const known = new Set(CITYSCAPES_LABELS.map(({ color }) => color.join()));
  assert.ok(seen.length > 10);
  for (const color of seen) assert.ok(known.has(color.join()), `${color}`);
});

const [PHOTO, TRUTH] = ["leftImg8bit", "gtFine"];
const FILES = {
  [`${PHOTO}/train/aachen/aachen_0_leftImg8bit.png`]: picture(4, 3),
  [`${TRUTH}/train/aachen/aachen_0_gtFine_labelIds.png`]: labels(4, 3, { values: [7, 33, 0, 9] }),
  [`${TRUTH}/train/aachen/aachen_0_gtFine_instanceIds.png`]: labels(4, 3, { values: [7, 33] }),
  [`${TRUTH}/train/aachen/aachen_0_gtFine_color.png`]: picture(4, 3),
  [`${PHOTO}/val/lindau/lindau_1_leftImg8bit.png`]: picture(4, 3),
  [`${PHOTO}/test/berlin/berlin_2_leftImg8bit.png`]: picture(4, 3),
};

describe("cityscapesReader", () => {
  test("cityscapesReader.open() turns label ids into the 19 train ids", () =>
    withFiles(FILES, async (dir) => {
      const dataset = await cityscapesReader.open({ dir, split: "train" });
      assert.deepEqual(dataset.ids, ["aachen/aachen_0"]);
      assert.equal(dataset.classes.length, 19);
      const { label } = await dataset.read(0);
      assert.deepEqual([...label.data.subarray(0, 4)], [0, 18, 255, 255]);
      const instances = await dataset.readInstances!(0);
      assert.deepEqual([...instances.data.subarray(0, 2)], [7, 33]);
    }));

  test("cityscapesReader.open() ignores every pixel of a test split without truth", () =>
    withFiles(FILES, async (dir) => {
      const dataset = await cityscapesReader.open({ dir, split: "test" });
      const { image, label } = await dataset.read(0);
      assert.equal(image.data[0], 90);
      assert.ok(label.data.length === 12 && label.data.every((value) => value === 255));
      await assert.rejects(dataset.read(1), RangeError);
    }));

  test("cityscapesReader.open() refuses what lacks", () =>
    withFiles(FILES, async (dir) => {
      await assert.rejects(cityscapesReader.open({ dir, split: "val" }), {
        message: /^Cannot open split "val" of ".*": no label named "lindau\/lindau_1" in ".*val"$/,
      });
      await assert.rejects(
        cityscapesReader.open({ dir, split: "trial" }),
        /available: test, train, val$/,
      );
      await assert.rejects(cityscapesReader.open({ dir: `${dir}/gtFine`, split: "val" }), {
        message: /found no folder leftImg8bit in it$/,
      });
    }));

  test("decodeLabelIds() refuses a value that is no label id", () => {
    const data = new Uint8Array([7, 7, 34, 7]);
    const bytes = encodePng({ width: 2, height: 2, channels: 1, data });
    assert.throws(() => decodeLabelIds(bytes, { file: "x.png" }), {
      name: "DamagedFileError",
      message: 'Cannot read labels from "x.png": 34 at column 0, row 1 is no CityScapes label id ' +
        "(0..33)",
    });
  });

  test("cityscapesReader.open() reads a real frame: instances agree with labels", {
    skip: skipWithout("data/formats/cityscapes"),
  }, async () => {
    const dir = sharedPath("data/formats/cityscapes");
    const dataset = await cityscapesReader.open({ dir, split: "train" });
    const { image, label } = await dataset.read(0);
    const instances = await dataset.readInstances!(0);
    assert.deepEqual([image.width, image.height], [2048, 1024]);
    // An instance value is id·1000 + k, or the plain id: both maps must name one class.
    for (let i = 0; i < label.data.length; i += 97) {
      const value = instances.data[i]!;
      const id = value < 1000 ? value : Math.floor(value / 1000);
      assert.equal(CITYSCAPES_LABELS[id]!.trainId, label.data[i]);
    }
  });
});
