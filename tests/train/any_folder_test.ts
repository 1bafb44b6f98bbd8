import assert from "node:assert/strict";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { train } from "../../lib/train/run/train.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { onlyClass } from "../../lib/metrics/scores.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { config } from "../support/config.ts";
import { rawPng } from "../support/label_files.ts";
import { shapesFolder } from "../support/shapes_folder.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const BEFORE = [
  "data.dataset=auto",
  "data.batch=2",
  "train.epochs=1",
  "schedule.warmupEpochs=0",
  "validation.every=1",
];

/** Trains an epoch and gives the weights' hash, the scores and what was said of the folder. */
async function epochOn(dir: string, out?: string) {
  let said: string | undefined;
  const onEvent = (event: TrainEvent): void => {
    if (event.type === "start") said = event.dataSaid;
  };
  const options = { onEvent, ...(out !== undefined && { out }) };
  const result = await train(await config(...BEFORE, `data.dir=${dir}`), options);
  const { weightsSha256, last } = result;
  return { weightsSha256, scores: JSON.stringify(last), said };
}

/** The same squares as masks of 0 and 255 in `masks/`, with nothing that names the classes. */
async function asMasks(dir: string): Promise<string> {
  const source = await shapesFolder(dir);
  for (const split of ["train", "val"]) {
    await rename(join(source, split, "labels"), join(source, split, "masks"));
    for (let i = 0; i < (split === "train" ? 4 : 2); i++) {
      const isSquare = (p: number): boolean => p % 32 >= 8 && p % 32 < 24 && p >= 256 && p < 768;
      const samples = Array.from({ length: 1024 }, (_, p) => isSquare(p) ? 255 : 0);
      const png = rawPng({ width: 32, height: 32, type: 0, samples });
      await writeFile(join(source, split, "masks", `${split}-${i}.png`), png);
    }
  }
  await writeFile(
    join(source, "classes.json"),
    JSON.stringify({ classes: ["ground", "square"] }),
  );
  return source;
}

test("train() learns from 0/255 masks what it learns from the same index PNGs, to the bit", async () => {
  const index = await epochOn(await shapesFolder(join(temporaryFolder(), "index")));
  const out = join(temporaryFolder(), "run");
  const masks = await epochOn(await asMasks(join(temporaryFolder(), "masks")), out);
  assert.equal(masks.weightsSha256, index.weightsSha256);
  assert.equal(masks.scores, index.scores);
  assert.match(masks.said!, /labels in train\/masks; 0\/255 masks; classes ground, square/);
  const yaml = await readFile(join(out, "config.yaml"), "utf8");
  assert.match(yaml, /\n {2}dataset: folder\n[^]*\n {2}layout:\n[^]*encoding:\n +name: binary\n/);
});

test("train() draws a split where there is none, keeps it in config.yaml and resumes with it", async () => {
  const dir = await shapesFolder(join(temporaryFolder(), "data"), { samples: { train: 10 } });
  await mkdir(join(temporaryFolder()), { recursive: true });
  const out = join(temporaryFolder(), "run");
  const { said } = await epochOn(dir, out);
  assert.match(
    said!,
    /train 8, val 2 \(drawn: 20 % of 10 for validation, stratified by classes\)$/,
  );
  const yaml = await readFile(join(out, "config.yaml"), "utf8");
  assert.match(yaml, /names:( \[|\n +- )train-\d/);
  const result = await resumeTraining(out, { extend: { epochs: 1, schedule: undefined } });
  assert.equal(result.steps, 8);
});

test("train() refuses masks that are all 0, and images that are in both splits", async () => {
  const zero = await shapesFolder(join(temporaryFolder(), "zero"));
  const black = rawPng({ width: 32, height: 32, type: 0, samples: new Array(1024).fill(0) });
  for (let i = 0; i < 4; i++) await writeFile(join(zero, `train/labels/train-${i}.png`), black);
  await assert.rejects(epochOn(zero), {
    message: /all of its 4 labels show the class "ground" only, as where a converter left every/,
  });
  const shared = await shapesFolder(join(temporaryFolder(), "shared"));
  const image = await readFile(join(shared, "train/images/train-1.png"));
  await writeFile(join(shared, "val/images/val-0.png"), image);
  await assert.rejects(epochOn(shared), {
    message: /1 image is both in train and in val \("train-1" = "val-0"\): scores on val would be/,
  });
});

test("train() says that the best score is over one class where validation has no other", async () => {
  const dir = await shapesFolder(join(temporaryFolder(), "data"));
  const black = rawPng({ width: 32, height: 32, type: 0, samples: new Array(1024).fill(0) });
  for (let i = 0; i < 2; i++) await writeFile(join(dir, `val/labels/val-${i}.png`), black);
  const warnings: string[] = [];
  const onEvent = (event: TrainEvent): void => {
    if (event.type === "warning") warnings.push(event.message);
  };
  const overrides = [...BEFORE, "train.epochs=2", `data.dir=${dir}`];
  const { best } = await train(await config(...overrides), { onEvent });
  assert.equal(onlyClass(best!), "ground");
  const said = warnings.filter((message) => /one class/.test(message));
  assert.equal(said.length, 1, warnings.join("\n"));
  assert.match(said[0]!, /^all labelled pixels of val are of one class, ground: .* scores 100 %/);
});
