/** Links, pipes, devices and giants in a data set's folder: followed, or refused in one line. */
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { inspectData } from "../../../lib/data/validate/inspect_data.ts";
import { folderReader } from "../../../lib/data/readers/folder.ts";
import { scoreMaps } from "../../../lib/metrics/score_maps.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";

const FILES = {
  "data/classes.json": { classes: ["a", "b"], ignore: 255 },
  "data/train/images/a.png": picture(4, 3),
  "data/train/labels/a.png": labels(4, 3, { values: [0, 1] }),
  "data/val/images/c.png": picture(4, 3),
  "data/val/labels/c.png": labels(4, 3),
  "store/images/b.png": picture(4, 3),
  "store/labels/b.png": labels(4, 3, { values: [0, 1] }),
};

/** Changes the folder before the reader opens it, and gives the error that comes of it. */
async function faultOf(change: (data: string) => void): Promise<string> {
  let message = "";
  await withFiles(FILES, async (dir) => {
    const data = join(dir, "data");
    change(data);
    const error = await folderReader.open({ dir: data, split: "train" })
      .then((dataset) => dataset.read(0))
      .then(() => null, (error: Error) => error);
    assert.ok(error instanceof Error, "nothing was refused");
    message = error.message;
  });
  return message;
}

function replace(path: string, target: string): void {
  rmSync(path);
  symlinkSync(target, path);
}

describe("folderReader among links", { skip: process.platform === "win32" && "no links" }, () => {
  test("folderReader.open() follows links of files and folders, and a data folder that is one", () =>
    withFiles(FILES, async (dir) => {
      const data = join(dir, "data");
      symlinkSync(join(dir, "store/images"), join(data, "train/images/more"));
      symlinkSync("../../../store/labels", join(data, "train/labels/more"));
      replace(join(data, "train/labels/a.png"), join(dir, "store/labels/b.png"));
      symlinkSync(data, join(dir, "link"));
      const dataset = await folderReader.open({ dir: join(dir, "link"), split: "train" });
      assert.deepEqual(dataset.ids, ["a", "more/b"]);
      for (const index of dataset.ids.keys()) {
        assert.equal((await dataset.read(index)).label.data.length, 12);
      }
      const source = { reader: "folder", dir: join(dir, "link"), splits: ["train"] };
      const { ok, findings } = await inspectData(source);
      assert.ok(ok);
      const note = findings.find(({ message }) => message.includes("links"))!;
      assert.equal(note.severity, "note");
      assert.match(
        note.message,
        /^3 of 4 files are links that lead out of the folder \(train\/labels\/a\.png to .*\/store\/la/,
      );
    }));

  test("inspectData() says nothing of links that stay in the folder", () =>
    withFiles(FILES, async (dir) => {
      const data = join(dir, "data");
      writeFileSync(join(data, "real.png"), labels(4, 3));
      replace(join(data, "train/labels/a.png"), join(data, "real.png"));
      const { findings } = await inspectData({ reader: "folder", dir: data, splits: ["train"] });
      assert.ok(findings.every(({ message }) => !message.includes("links")));
    }));

  test("folderReader.open() ends where links lead in a circle", async () => {
    const message = await faultOf((data) => symlinkSync(data, join(data, "train/images/again")));
    assert.match(
      message,
      /^Cannot list ".*again": links make it the folder ".*data", which is listed al/,
    );
    const image = await faultOf((data) => {
      replace(join(data, "train/images/a.png"), "a.png");
    });
    assert.match(image, /^Cannot read ".*a\.png": its links lead in a circle$/);
  });

  test("folderReader.open() names a link to nothing", async () => {
    const message = await faultOf((data) => replace(join(data, "train/images/a.png"), "/no/where"));
    assert.match(message, /^Cannot read ".*images.a\.png": there is no such file$/);
  });

  test("folderReader.open() never opens a pipe or a device", async () => {
    for (const place of ["train/images/a.png", "train/labels/a.png", "classes.json"]) {
      const message = await faultOf((data) => replace(join(data, place), "/dev/zero"));
      assert.match(message, /^Cannot read ".*": it is no file but a pipe or a device/);
    }
    const message = await faultOf((data) => {
      rmSync(join(data, "train/images/a.png"));
      execFileSync("mkfifo", [join(data, "train/images/a.png")]);
    });
    assert.match(message, /a\.png": it is no file but a pipe or a device$/);
  });

  test("folderReader.open() takes no memory for a giant or an endless list", async () => {
    const giant = await faultOf((data) => truncateSync(join(data, "train/images/a.png"), 2 ** 31));
    assert.match(giant, /^Cannot read ".*a\.png": it has 2\.0 GiB, .*: the most is 1 GiB$/);
    const list = await faultOf((data) => {
      for (const folder of ["images", "labels"]) {
        renameSync(join(data, "train", folder), join(data, folder));
      }
      rmSync(join(data, "val"), { recursive: true });
      symlinkSync("/dev/zero", join(data, "train.txt"));
    });
    assert.match(list, /^Cannot read ".*train\.txt": it is no file but a pipe or a device$/);
  });

  test("scoreMaps() never opens a device either", () =>
    withFiles(FILES, async (dir) => {
      const dataset = await folderReader.open({ dir: join(dir, "data"), split: "train" });
      mkdirSync(join(dir, "maps"));
      symlinkSync("/dev/zero", join(dir, "maps/a.png"));
      await assert.rejects(scoreMaps(dataset, join(dir, "maps")), /a pipe or a device$/);
    }));
});
