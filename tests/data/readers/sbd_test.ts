import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { decodeLabel } from "../../../lib/data/codecs/decode.ts";
import { decodeSbd, sbdReader } from "../../../lib/data/readers/sbd.ts";
import { picture, withFiles } from "../../support/dataset_folder.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { COMPRESSED_MAT } from "../../support/mat_samples.ts";

const MAT = Buffer.from(COMPRESSED_MAT, "base64");
const FILES = {
  "benchmark_RELEASE/dataset/img/b.jpg": picture(5, 3),
  "benchmark_RELEASE/dataset/cls/b.mat": MAT,
  "benchmark_RELEASE/dataset/train.txt": "b\n",
};

describe("sbdReader", () => {
  test("sbdReader.open() reads GTcls.Segmentation row by row", () =>
    withFiles(FILES, async (dir) => {
      for (const place of ["", "/benchmark_RELEASE", "/benchmark_RELEASE/dataset"]) {
        const dataset = await sbdReader.open({ dir: dir + place, split: "train" });
        const { label } = await dataset.read(0);
        assert.deepEqual([label.width, label.height], [5, 3]);
        assert.deepEqual([...label.data], Array.from({ length: 15 }, (_, i) => i));
        assert.equal(dataset.classes.length, 21);
      }
    }));

  test("sbdReader.open() refuses what lacks", () =>
    withFiles({ ...FILES, "benchmark_RELEASE/dataset/val.txt": "b\nq\n" }, async (dir) => {
      await assert.rejects(sbdReader.open({ dir, split: "val" }), /no image named "q" in/);
      await assert.rejects(sbdReader.open({ dir, split: "x" }), /available: train, val$/);
      await assert.rejects(
        sbdReader.open({ dir: `${dir}/benchmark_RELEASE/dataset/img`, split: "x" }),
        {
          message: /^Cannot open SBD data in ".*": found no benchmark_RELEASE\/dataset\/cls in it$/,
        },
      );
    }));

  test("decodeSbd() names a file without labels", () => {
    const headOnly = MAT.subarray(0, 128);
    assert.throws(() => decodeSbd(headOnly, { file: "a.mat" }), {
      name: "DamagedFileError",
      message: 'Cannot read labels from "a.mat": it has no matrix GTcls.Segmentation',
    });
  });

  test("sbdReader.open() gives the real labels of the same images in SegmentationClassAug", {
    skip: skipWithout("data/formats/sbd-made"),
  }, async () => {
    const dir = sharedPath("data/formats/sbd-made");
    const aug = sharedPath("data/formats/voc/VOCdevkit/VOC2012/SegmentationClassAug");
    let compared = 0;
    for (const split of ["train", "val"]) {
      const dataset = await sbdReader.open({ dir, split });
      for (const [i, id] of dataset.ids.entries()) {
        const file = `${aug}/${id}.png`;
        assert.deepEqual((await dataset.read(i)).label, decodeLabel(readFileSync(file), { file }));
        compared++;
      }
    }
    assert.equal(compared, 2);
  });
});
