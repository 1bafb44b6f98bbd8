import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { runHere } from "../../support/cli_terminal.ts";
import { shapesFolder } from "../../support/shapes_folder.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("segadv convert", () => {
  test("segadv convert writes all splits and says what was read and written", async () => {
    const folder = temporaryFolder();
    const dir = await shapesFolder(join(folder, "in"));
    const out = join(folder, "out");
    const { code, out: said, err } = await runHere("convert", dir, out, "--to", "folder", "--json");
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(said), {
      reader: "folder",
      to: "folder",
      out,
      splits: [{ split: "train", samples: 4 }, { split: "val", samples: 2 }],
    });
    assert.match(
      err,
      /read .*in as folder: images in .*\nwrote train \(4 samples\), val \(2 samples\) to .*out/,
    );
    assert.deepEqual((await readdir(out)).sort(), ["classes.json", "train", "val"]);
    const again = await runHere("convert", dir, out, "--to", "folder");
    assert.equal(again.code, 1);
    assert.match(again.err, /nothing is overwritten, choose another path/);
  });

  test("segadv convert refuses what training would refuse, and writes nothing", async () => {
    const folder = temporaryFolder();
    const dir = await shapesFolder(join(folder, "in"));
    await writeFile(join(dir, "classes.json"), JSON.stringify({ classes: ["ground"] }));
    const { code, err } = await runHere("convert", dir, join(folder, "out"), "--to", "voc");
    assert.equal(code, 1);
    assert.match(err, /^error: Cannot read .* classes\.json names one class, "ground"/);
    assert.deepEqual(await readdir(folder), ["in"]);
  });

  test("segadv convert names the formats", async () => {
    const { code, err } = await runHere("convert", "in", "out", "--to", "cocoa");
    assert.equal(code, 2);
    assert.match(err, /one of folder, voc, coco, yolo; did you mean coco\?/);
    assert.equal((await runHere("convert", "in", "out")).code, 2);
  });
});
