import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openDataset } from "../../../lib/data/registry.ts";
import { findLayout } from "../../../lib/data/validate/inspect_data.ts";
import {
  ANNOTATION_FOLDERS,
  BOX_SAMPLES,
  NAMES,
  SIDE,
  truthOf,
} from "../../support/annotation_folders.ts";
import { withFiles } from "../../support/dataset_folder.ts";

describe("DatasetReader.open()", () => {
  for (const { what, reader, files } of ANNOTATION_FOLDERS) {
    test(`DatasetReader.open() reads ${what} as their index PNGs`, () =>
      withFiles(files(), async (dir) => {
        assert.deepEqual(await findLayout(dir), { reader, dir, splits: ["train", "val"] });
        for (const split of ["train", "val"]) {
          const dataset = await openDataset(reader, { dir, split });
          const samples = BOX_SAMPLES.filter((sample) => sample.split === split);
          assert.deepEqual(dataset.classes.map(({ name }) => name), NAMES);
          assert.equal(dataset.ignoreLabel, 255);
          assert.equal(dataset.ids.length, samples.length);
          for (const [i, sample] of samples.entries()) {
            const { id, image, label } = await dataset.read(i);
            assert.match(id, new RegExp(`${sample.name}$`));
            assert.deepEqual([image.width, image.height], [SIDE, SIDE]);
            assert.deepEqual(label.data, truthOf(sample));
          }
        }
      }));
  }
});
