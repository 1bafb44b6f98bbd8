import assert from "node:assert/strict";
import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { train } from "../../lib/train/run/train.ts";
import { labels, picture, withFiles } from "../support/dataset_folder.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { config } from "../support/config.ts";

const temporaryFolder = temporaryFolders();

test("train() tells in its log of files that a link takes out of the data set", async () => {
  const files: Record<string, Uint8Array | object> = { "classes.json": { classes: ["a", "b"] } };
  for (const split of ["train", "val"]) {
    for (const i of [0, 1]) {
      files[`${split}/images/${i}.png`] = picture(32, 32, split === "train" ? 90 : 70);
      files[`${split}/labels/${i}.png`] = labels(32, 32, { values: [0, 1] });
    }
  }
  await withFiles(files, async (dir) => {
    const elsewhere = join(temporaryFolder(), "away.png");
    await rename(join(dir, "train/images/1.png"), elsewhere);
    await symlink(elsewhere, join(dir, "train/images/1.png"));
    const overrides = [
      "data.batch=1",
      "train.maxSteps=1",
      "data.dataset=folder",
      `data.dir=${dir}`,
    ];
    const said: string[] = [];
    await train(await config(...overrides), {
      onEvent: (event) => event.type === "warning" && said.push(event.message),
    });
    assert.equal(said.filter((message) => message.includes("lead out")).length, 1);
    assert.match(said.join(), /split "train": 1 of 4 files are links that lead out of .*1\.png to/);
  });
});
