import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { train } from "../../../lib/train/run/train.ts";
import { ANNOTATION_FOLDERS, indexFolder, NAMES } from "../../support/annotation_folders.ts";
import { config } from "../../support/config.ts";
import { type Content, writeFiles } from "../../support/dataset_folder.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** What an epoch comes to: the weights, and the scores of every class on the validation split. */
async function epochOn(files: Record<string, Content>): Promise<unknown> {
  const dir = writeFiles(join(temporaryFolder(), "data"), files);
  let scores: unknown = null;
  const place = ["data.dataset=auto", `data.dir=${JSON.stringify(dir)}`, "data.workers=0"];
  const short = ["train.epochs=1", "schedule.warmupEpochs=0", "validation.every=1", "data.batch=2"];
  const run = await config(...place, ...short, "data.valSplit=val", "train.report=false");
  const { weightsSha256 } = await train(run, {
    onEvent(event) {
      if (event.type === "validation") scores = event.scores;
    },
  });
  assert.ok(scores !== null);
  return { weightsSha256, scores };
}

describe("train()", () => {
  const classes = NAMES.map((name, i) => ({
    name,
    color: [i, i, i] as [number, number, number],
  }));
  let truth: Promise<unknown> | null = null;
  for (const { what, files } of ANNOTATION_FOLDERS) {
    test(`train() gets from ${what} what it gets from index PNGs, to the bit`, async () => {
      assert.deepEqual(await epochOn(files()), await (truth ??= epochOn(indexFolder(classes))));
    });
  }
});
