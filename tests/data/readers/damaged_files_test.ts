/** Every file of every layout, damaged in every way: one clear line each time, soon and cheaply. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { inspectData } from "../../../lib/data/validate/inspect_data.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { type Content, labels, picture, pngBomb, withFiles } from "../../support/dataset_folder.ts";
import { JPEG_SAMPLES } from "../../support/jpeg_samples.ts";
import { COMPRESSED_MAT } from "../../support/mat_samples.ts";

const JPEG = new Uint8Array(Buffer.from(JPEG_SAMPLES[0]!.file, "base64"));
const MAT = new Uint8Array(Buffer.from(COMPRESSED_MAT, "base64"));
const [PHOTO, TRUTH] = [picture(5, 3), labels(5, 3, { values: [0, 1] })];

/** A .mat whose first matrix claims two gigabytes. */
function giantMat(): Uint8Array {
  const bytes = Buffer.alloc(136);
  bytes.write("MATLAB 5.0 MAT-file", "latin1");
  bytes.writeUInt16LE(0x0100, 124);
  bytes.write("IM", 126, "latin1");
  bytes.writeUInt32LE(14, 128);
  bytes.writeUInt32LE(0x7fffffff, 132);
  return bytes;
}

/** What a file may turn out to be. */
const DAMAGE: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  "cut in half": (bytes) => bytes.slice(0, bytes.length >> 1),
  "cut by a byte": (bytes) => bytes.slice(0, -1),
  "empty": () => new Uint8Array(0),
  "noise": (bytes) => bytes.map((_, i) => Math.imul(i + 1, 2654435761) >>> 13),
  "zeros": (bytes) => new Uint8Array(bytes.length),
  "a PNG of another size": () => picture(3, 7),
  "a JPEG": () => JPEG,
  "a .mat": () => MAT,
  "a .mat of false size": giantMat,
  "a PNG bomb": pngBomb,
  "a page": () => new TextEncoder().encode("<!doctype html>\n<title>404</title>\n"),
};

function list(root: string, names: Record<string, string>): Record<string, Content> {
  return Object.fromEntries(
    Object.entries(names).map(([name, text]) => [`${root}/${name}.txt`, text]),
  );
}

const VOC = {
  ...list("VOCdevkit/VOC2012/ImageSets/Segmentation", { train: "a", val: "b" }),
  "VOCdevkit/VOC2012/JPEGImages/a.jpg": PHOTO,
  "VOCdevkit/VOC2012/JPEGImages/b.jpg": picture(5, 3),
  "VOCdevkit/VOC2012/SegmentationClass/a.png": TRUTH,
  "VOCdevkit/VOC2012/SegmentationClass/b.png": TRUTH,
};
const SBD = {
  ...list("benchmark_RELEASE/dataset", { train: "s", val: "t" }),
  "benchmark_RELEASE/dataset/img/s.jpg": PHOTO,
  "benchmark_RELEASE/dataset/img/t.jpg": PHOTO,
  "benchmark_RELEASE/dataset/cls/s.mat": MAT,
  "benchmark_RELEASE/dataset/cls/t.mat": MAT,
};

/** A small sound data set of each layout, splits `train` and `val`. */
const LAYOUTS: Record<string, Record<string, Content>> = {
  folder: {
    "classes.json": { classes: ["a", "b"] },
    "train/images/a.png": PHOTO,
    "train/labels/a.png": TRUTH,
    "val/images/b.png": PHOTO,
    "val/labels/b.png": TRUTH,
  },
  camvid: {
    "train/a.png": PHOTO,
    "trainannot/a.png": TRUTH,
    "val/b.png": PHOTO,
    "valannot/b.png": TRUTH,
  },
  cityscapes: Object.fromEntries(
    [["train", "aachen"], ["val", "lindau"]].flatMap(([split, city]) => [
      [`leftImg8bit/${split}/${city}/${city}_0_leftImg8bit.png`, PHOTO],
      [`gtFine/${split}/${city}/${city}_0_gtFine_labelIds.png`, labels(5, 3, { values: [7] })],
      [`gtFine/${split}/${city}/${city}_0_gtFine_instanceIds.png`, labels(5, 3, { values: [7] })],
    ]),
  ),
  voc: VOC,
  sbd: SBD,
  "voc-aug": { ...VOC, ...SBD },
};

/** Opens both splits and reads all there is; gives the messages of what failed. */
async function readAll(reader: string, dir: string): Promise<string[]> {
  const messages: string[] = [];
  const note = (error: Error): void => void messages.push(error.message);
  for (const split of ["train", "val"]) {
    const dataset = await openDataset(reader, { dir, split }).catch(note);
    for (const index of dataset?.ids.keys() ?? []) {
      await dataset!.read(index).catch(note);
      await dataset!.readInstances?.(index).catch(note);
    }
  }
  return messages;
}

function assertClear(message: string, context: string): void {
  assert.match(message, /^Cannot [^\n]{10,400}[^.\n]$/, context);
  // deno-lint-ignore no-control-regex -- control characters could steer a terminal
  assert.doesNotMatch(message, /[\x00-\x1f\x7f-\x9f]/, context);
}

for (const [reader, files] of Object.entries(LAYOUTS)) {
  test(`openDataset() names a damaged file of ${reader} in one clear line`, () =>
    withFiles(files, async (dir) => {
      assert.deepEqual(await readAll(reader, dir), [], "the sound data set");
      for (const [path, content] of Object.entries(files)) {
        const whole = content instanceof Uint8Array ? content : new TextEncoder().encode(
          typeof content === "string" ? content : JSON.stringify(content),
        );
        let refused = 0;
        for (const [what, damage] of Object.entries(DAMAGE)) {
          const context = `${path}: ${what}`;
          writeFileSync(join(dir, path), damage(whole));
          const before = performance.now();
          const messages = await readAll(reader, dir);
          const report = await inspectData({ reader, dir, splits: ["train", "val"] });
          assert.ok(performance.now() - before < 60_000, context);
          for (const message of messages) assertClear(message, context);
          for (const { message } of report.findings) assert.doesNotMatch(message, /\n/, context);
          // What cannot be read, training must not begin on; instances only eval needs
          if (messages.length > 0 && !path.includes("instanceIds")) {
            assert.equal(report.ok, false, context);
          }
          refused += Math.min(1, messages.length);
        }
        // A list of half a name, or a photograph as another PNG, may well be sound
        assert.ok(refused >= 5, `${path}: only ${refused} of the damages were refused`);
        writeFileSync(join(dir, path), whole);
      }
    }));

  test(
    `openDataset() names a file of ${reader} that is gone, a folder or a device in one clear line`,
    {
      skip: process.platform === "win32" && "neither links nor devices",
    },
    () =>
      withFiles(files, async (dir) => {
        const changes: Record<string, (file: string) => void> = {
          "gone": () => {},
          "a folder": (file) => mkdirSync(file),
          "a link to nothing": (file) => symlinkSync("/no/where", file),
          "a device": (file) => symlinkSync("/dev/zero", file),
          "a link to its folder": (file) => symlinkSync(dirname(file), file),
        };
        for (const [path, content] of Object.entries(files)) {
          for (const [what, change] of Object.entries(changes)) {
            const file = join(dir, path);
            rmSync(file);
            change(file);
            const messages = await readAll(reader, dir);
            // Without that file classes follow from the labels' values
            const isNeeded = !(path === "classes.json" && (what === "gone" || what === "a folder"));
            assert.ok(messages.length > 0 || !isNeeded, `${path}: ${what}`);
            for (const message of messages) assertClear(message, `${path}: ${what}`);
            rmSync(file, { recursive: true, force: true });
            writeFileSync(
              file,
              content instanceof Uint8Array || typeof content === "string"
                ? content
                : JSON.stringify(content),
            );
          }
        }
      }),
  );
}
