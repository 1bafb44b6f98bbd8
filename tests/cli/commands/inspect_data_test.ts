import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { decodePng } from "../../../lib/data/codecs/png_decode.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { runHere } from "../../support/cli_terminal.ts";

const SOUND = {
  "classes.json": { classes: ["sky", "road"] },
  "train/images/a.png": picture(4, 3),
  "train/labels/a.png": labels(4, 3, { values: [0, 1, 255] }),
  "val/images/b.png": picture(5, 3),
  "val/labels/b.png": labels(5, 3, { values: [0, 1] }),
};

test("segadv inspect data prints splits, classes and weights of a folder and ends with 0", () =>
  withFiles(SOUND, async (dir) => {
    const { code, out, err } = await runHere("inspect", "data", dir);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(
      out,
      /read as folder: images in train\/images, labels in train\/labels; class indices; classes sky, road from classes.json, 255 ignored; train 1, val 1 \(by folders\)\n\nsplit +samples +broken .*\ntrain +1 +0 +4x3 +1 +90\.00, 90/,
    );
    assert.match(out, /\nsky +33\.33 % +1 +53\.33 % +1 +1\.000 +2\.39\n/);
    assert.match(out, /\n\(ignored\) +33\.33 % +0\.00 %\n/);
    assert.match(out, /\nsplit +objects of +number +below 32x32 +smallest +median +largest\n/);
    assert.match(out, /\ntrain +sky +\d+ +100\.00 % +\d+ +\d+ +\d+\n/);
    assert.match(out, /\ntrain: number of classes in an image: 2 in 1 image\nval: number of/);
    assert.match(out, /\n\nnothing found that forbids training on it\n$/);
  }));

test("segadv inspect data ends with 1 where training would be wrong, and names the culprit", () =>
  withFiles({
    ...SOUND,
    "train/labels/a.png": labels(4, 3, { values: [0, 255] }),
    "val/labels/b.png": labels(5, 3, { values: [0, 1, 255] }),
  }, async (dir) => {
    const { code, out, err } = await runHere("inspect", "data", dir);
    assert.deepEqual([code, err], [1, ""]);
    assert.match(out, /\nerror: train: labels are 0\/255 masks: .*\n/);
    assert.match(out, /\ntraining on it would be wrong: 1 error\n$/);
  }));

test("segadv inspect data --json prints one line, --html writes a page", () =>
  withFiles({ ...SOUND, "val/images/b.png": "broken" }, async (dir) => {
    const page = join(dir, "sheet.html");
    const { code, out, err } = await runHere("inspect", "data", dir, "--json", "--html", page);
    assert.equal(code, 1);
    assert.equal(out.indexOf("\n"), out.length - 1);
    const report = JSON.parse(out);
    assert.deepEqual([report.ok, report.reader], [false, "folder"]);
    assert.match(report.splits[1].broken[0].message, /Cannot decode image ".*b\.png"/);
    assert.equal(err, `wrote a contact sheet to ${page}\n`);
    assert.equal((await readFile(page, "utf8")).match(/<figure>/g)?.length, 1);
  }));

test("segadv inspect data takes a configuration's data", () =>
  withFiles({ "run.yaml": "preset: fixtures\n" }, async (dir) => {
    const { code, out } = await runHere("inspect", "data", join(dir, "run.yaml"), "--limit", "3");
    assert.equal(code, 0);
    assert.match(out, /^embedded data, read as fixtures\n/);
    assert.match(out, /note: train: read 3 of 24 samples\n/);
  }));

test("segadv inspect data refuses what is neither configuration nor data", () =>
  withFiles(SOUND, async (dir) => {
    const nothing = await runHere("inspect", "data", join(dir, "nothing"));
    assert.equal(nothing.code, 2);
    assert.match(nothing.err, /nothing: there is no such config file\n$/);
    const other = await runHere("inspect", "data", dir, "--dataset", "camvid");
    assert.equal(other.code, 1);
    assert.match(
      other.err,
      /^error: Cannot inspect ".*" as camvid \(CamVid .*\): .*found no folder trainannot.*\n$/,
    );
    const unwritten = await runHere("inspect", "data", dir, "--html", join(dir, "x/sheet.html"));
    assert.equal(unwritten.code, 1);
    assert.match(unwritten.err, /^error: [^\n]*sheet\.html[^\n]*\n$/);
  }));

test("segadv inspect data --augment writes samples under augmentations, as --set says", () =>
  withFiles(SOUND, async (dir) => {
    const sheet = join(dir, "sheet.png");
    const set = ["--set", "data.augment=[{name: affine}, {name: cutmix, p: 1}]"];
    const { code, out } = await runHere("inspect", "data", dir, "--augment", sheet, ...set);
    assert.equal(code, 0);
    assert.ok(
      out.endsWith(
        `wrote 1 sample (a) to ${sheet}, images over labels, crops of 416x416; from the left: ` +
          "crop, affine, cutmix, all\n",
      ),
      out,
    );
    assert.equal(decodePng(await readFile(sheet), { file: sheet }).width, 6 + 4 * (416 + 6));
    const wrong = await runHere("inspect", "data", dir, "--augment", sheet, "--set", "data.crp=1");
    assert.deepEqual([wrong.code, wrong.err.split("\n").length], [2, 2]);
    assert.match(wrong.err, /data\.crp: unknown key; did you mean data\.crop\?/);
  }));
