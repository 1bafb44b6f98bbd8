/** What layouts, encodings and formats come to, against index PNGs that Pillow wrote of the same data. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import type { DataHints } from "../../lib/data/layout/folder_layout.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { train } from "../../lib/train/run/train.ts";
import { config } from "../support/config.ts";
import { longSkip } from "../support/long_test.ts";
import { runPython, skipWithoutPillow } from "../support/pillow.ts";

const PROGRAM = readFileSync(new URL("../support/encoded_folders.py", import.meta.url), "utf8");

/** Pixels of each sample by its name. */
type Pixels = Record<string, { image: number[]; label: number[] }>;

async function pixelsOf(
  dir: string,
  hints: DataHints = {},
): Promise<{ classes: string[]; samples: Pixels }> {
  const samples: Pixels = {};
  let classes: string[] = [];
  for (const split of ["train", "val"]) {
    const dataset = await openDataset("auto", { ...hints, dir, split });
    classes = dataset.classes.map(({ name }) => name);
    for (const [i, id] of dataset.ids.entries()) {
      const { image, label } = await dataset.read(i);
      const values = [...label.data].map((value) => value === dataset.ignoreLabel ? 255 : value);
      samples[`${split} ${id}`] = { image: [...image.data], label: values };
    }
  }
  return { classes, samples };
}

/** Weights after an epoch, and how many pixels of each class were hit, predicted and there. */
async function epochOn(dir: string, hints: DataHints = {}): Promise<unknown> {
  let scores: unknown = null;
  const run = await config(
    ...["data.dataset=auto", `data.dir=${JSON.stringify(dir)}`, "data.workers=0", "data.batch=2"],
    ...["train.epochs=1", "schedule.warmupEpochs=0", "validation.every=1", "data.valSplit=val"],
    ...Object.entries(hints).map(([key, value]) => `data.${key}=${value}`),
    "train.report=false",
  );
  const { weightsSha256 } = await train(run, {
    onEvent(event) {
      if (event.type === "validation") scores = event.scores;
    },
  });
  return { weightsSha256, scores };
}

describe("openDataset() and train()", { skip: skipWithoutPillow }, () => {
  let dir: string;
  let rows: Record<string, { like: string; hints: DataHints }> = {};
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "segadv-encoded-"));
    rows = JSON.parse(runPython(PROGRAM, dir));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  test("openDataset() reads each to the pixels of index PNGs", async () => {
    const wrong: string[] = [];
    const truth = new Map<string, unknown>();
    for (const [name, { like, hints }] of Object.entries(rows)) {
      try {
        if (!truth.has(like)) truth.set(like, await pixelsOf(join(dir, like)));
        assert.deepEqual(await pixelsOf(join(dir, name), hints), truth.get(like));
      } catch (error) {
        wrong.push(`${name}: ${(error as Error).message.slice(0, 300)}`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(truth.size >= 6 && Object.keys(rows).length > 90);
  });

  test("train() gets from each the weights and the confusion matrix that index PNGs give", async () => {
    const truth = new Map<string, unknown>();
    // Of what is equal pixel by pixel, a part is enough in the short run
    const some = Object.entries(rows).filter((_, i) => longSkip === false || i % 8 === 0);
    for (const [name, { like, hints }] of some) {
      if (!truth.has(like)) truth.set(like, await epochOn(join(dir, like)));
      assert.deepEqual(await epochOn(join(dir, name), hints), truth.get(like), name);
    }
  });
});
