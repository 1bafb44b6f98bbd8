import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDataset } from "../../../lib/data/registry.ts";
import { checkDataset } from "../../../lib/data/validate/check_dataset.ts";
import type { ReadSample } from "../../../lib/data/scan/sample_facts.ts";
import { scanSamples } from "../../../lib/data/scan/scan_samples.ts";
import { type Content, labels, picture, withFiles } from "../../support/dataset_folder.ts";

/** A split of so many samples that threads look at them. */
function many(count: number): Record<string, Content> {
  const files: Record<string, Content> = { "classes.json": { classes: ["sky", "road"] } };
  for (let i = 0; i < count; i++) {
    files[`train/images/${i}.png`] = picture(4, 3);
    files[`train/labels/${i}.png`] = labels(4, 3, { values: [0, 1, i % 2] });
  }
  files["val/images/x.png"] = picture(4, 3, 9);
  files["val/labels/x.png"] = labels(4, 3, { values: [0, 1] });
  return files;
}

test("scanSamples() finds in threads what it finds in one, and again what it found before", () =>
  withFiles(many(210), async (dir) => {
    const dataset = await openDataset("auto", { dir, split: "train" });
    const indices = [...dataset.ids.keys()];
    const whole = await scanSamples(dataset, indices);
    const part = await scanSamples(dataset, indices.slice(0, 5));
    assert.deepEqual(whole.slice(0, 5), part);
    const even = dataset.ids.indexOf("2");
    const { content, ...rest } = whole[even] as ReadSample;
    assert.deepEqual(rest, { width: 4, height: 3, values: [[0, 8, 0], [1, 4, 1]] });
    assert.match(content, /^[0-9a-f]{32}$/);
    // A stray value in one late file is named, with its place in the file
    writeFileSync(join(dir, "train/labels/77.png"), labels(4, 3, { values: [0, 1, 0, 1, 1, 7] }));
    await assert.rejects(checkDataset(dataset), {
      message: /^Cannot use label ".*77\.png" of split "train": value 7 at column 1, row 1 is/,
    });
  }));
