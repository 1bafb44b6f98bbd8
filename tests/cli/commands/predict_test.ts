import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { Buffer } from "node:buffer";
import process from "node:process";
import { decodePng, encodePng, type PngImage } from "@segadv/segadv/data";
import { eventually } from "../../support/eventually.ts";
import { runProcess, trainOneStep } from "../../support/cli_process.ts";
import { planOutputs } from "../../../cli/actions/predict_outputs.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

function picture(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 3).fill(99);
  return encodePng({ width, height, channels: 3, data });
}

// Starts processes: more than the five seconds that Bun gives a test
const patient = { timeout: 300_000 };

describe("segadv predict", () => {
  test(
    "segadv predict writes palette PNGs at each image's own size, and overlays",
    patient,
    async () => {
      const folder = temporaryFolder();
      const run = await trainOneStep(folder);
      const photos = join(folder, "photos");
      const out = join(folder, "masks");
      await mkdir(photos);
      await mkdir(join(photos, "city"));
      await writeFile(join(photos, "city/odd.png"), picture(37, 21));
      await writeFile(join(photos, "notes.txt"), "not a picture");
      await writeFile(join(folder, "one.png"), picture(1, 1));
      const base = ["predict", run, "--backend", "wasm", "--out"];
      const { code, err, out: said } = await runProcess(
        [...base, out, photos, join(folder, "one.png"), "--overlay"],
      );
      assert.equal(code, 0, err);
      assert.equal(said, `wrote 2 label maps to ${out}\n`);
      assert.deepEqual((await readdir(out, { recursive: true })).sort(), [
        ...["city", "city/odd.overlay.png", "city/odd.png", "one.overlay.png", "one.png"],
      ]);
      const file = "city/odd.png";
      const label = decodePng(await readFile(join(out, file)), { file });
      assert.deepEqual([label.width, label.height, label.channels], [37, 21, 1]);
      assert.equal(label.palette!.length, 5 * 3);
      assert.ok(label.data.every((index) => index < 5));
      const overlay = decodePng(await readFile(join(out, "city/odd.overlay.png")), { file });
      assert.deepEqual([overlay.width, overlay.height, overlay.channels], [37, 21, 3]);

      const inference = [
        "--resize",
        "64x64",
        "--resize-mode",
        "letterbox",
        "--window",
        "32x64",
        "--flip",
      ];
      const seen = await runProcess([
        ...base,
        join(folder, "seen"),
        join(photos, "city/odd.png"),
        ...inference,
      ]);
      assert.equal(seen.code, 0, seen.err);
      const other = decodePng(await readFile(join(folder, "seen/odd.png")), { file });
      assert.deepEqual([other.width, other.height], [37, 21], "cut and resized back");

      const table = await readFile(join(out, file));
      const again = await runProcess([...base, out, photos]);
      assert.equal(again.code, 2);
      assert.match(again.err, /city\/odd\.png would be overwritten: .* --overwrite/);
      const allowed = await runProcess([...base, out, photos, "--overwrite"]);
      assert.equal(allowed.code, 0, allowed.err);
      assert.deepEqual(await readFile(join(out, file)), table);
    },
  );

  test(
    "segadv predict names each image that cannot be read, does the others and ends with 1",
    patient,
    async () => {
      const folder = temporaryFolder();
      const run = await trainOneStep(folder);
      const photos = join(folder, "photos");
      const out = join(folder, "masks");
      await mkdir(photos);
      for (const name of ["a.jpg", "c.jpg"]) await writeFile(join(photos, name), "broken");
      for (const name of ["b.png", "d.png"]) await writeFile(join(photos, name), picture(9, 7));
      const { code, err, out: said } = await runProcess(
        ["predict", run, "--backend", "wasm", "--out", out, photos],
      );
      assert.equal(code, 1);
      assert.match(
        err,
        /^error: Cannot decode image ".*a\.jpg": .*\nerror: Cannot decode image ".*c\.jpg": .*\n$/,
      );
      assert.equal(said, `wrote 2 label maps to ${out}; 2 of 4 images cannot be read\n`);
      assert.deepEqual((await readdir(out)).sort(), ["b.png", "d.png"]);
    },
  );

  test("segadv predict refuses, before the first map, what would be written over", async () => {
    const folder = temporaryFolder();
    const at = (...path: string[]): string => join(folder, ...path);
    const files = [
      ...["pair/x.jpg", "pair/x.png", "one/same.png", "two/same.png", "own/x.png", "own/y.jpg"],
      ...["over/x.overlay.png", "over/x.png", "nest/a/b.png", "nest/a.png", "nest/a.png.d/x.png"],
      ...["tree/a.png/x.png", "plain/a.jpg"],
    ];
    for (const file of files) {
      await mkdir(dirname(at(file)), { recursive: true });
      await writeFile(at(file), picture(2, 2));
    }
    await symlink(at("own"), at("link"));
    const refused: [args: string[], message: RegExp][] = [
      [[at("pair")], /x\.jpg and .*x\.png would both be written to .*maps\/x\.png/],
      [[at("one"), at("two")], /one\/same\.png and .*two\/same\.png would both be written/],
      [[at("over"), "--overlay"], /would both be written to .*x\.overlay\.png/],
      [
        [at("tree"), at("plain")],
        /x\.png would be written into .*a\.png, which is the map of .*a\.jpg/,
      ],
      [[at("own/x.png"), "--out", at("own")], /x\.png would be overwritten: choose another --out$/],
      [
        [at("own/x.png"), "--out", at("link"), "--overwrite"],
        /x\.png would be overwritten: choose/,
      ],
      [
        [at("own/x.png"), "--out", at("pair")],
        /pair\/x\.png would be overwritten: .* --overwrite$/,
      ],
      [[at("own"), at("nowhere")], /There is no image or folder .*nowhere/],
    ];
    for (const [args, message] of refused) {
      const out = args.includes("--out") ? [] : ["--out", at("maps")];
      // No network is loaded before: there is none
      const { code, err } = await runHere("predict", folder, ...args, ...out);
      assert.equal(code, 2, err);
      assert.match(err.trim(), message);
    }
    assert.ok(!(await readdir(folder)).includes("maps"));
    const nested = await planOutputs({ images: [at("nest")], out: at("nest/a") });
    assert.deepEqual(
      nested.map(({ input, target }) => [relative(folder, input), relative(folder, target)]),
      [["nest/a.png", "nest/a/a"], ["nest/a.png.d/x.png", "nest/a/a.png.d/x"]],
      "what lies in --out is no input",
    );
  });

  test("segadv predict writes colours, scores and polygons that agree", patient, async () => {
    const folder = temporaryFolder();
    const run = await trainOneStep(folder);
    const photos = join(folder, "photos");
    await mkdir(photos);
    await writeFile(join(photos, "a.png"), picture(13, 9));
    const base = ["predict", run, "--backend", "wasm", photos, "--out"];
    const at = (name: string): string => join(folder, "maps", name);
    const read = async (name: string): Promise<PngImage> =>
      decodePng(await readFile(at(name)), { file: name });
    const wanted = ["--confidence", "--probabilities", "png", "--polygons", "labelme"];
    const first = await runProcess([...base, join(folder, "maps"), ...wanted]);
    assert.equal(first.code, 0, first.err);
    const scores = [0, 1, 2, 3, 4].map((index) => `a.class-${index}.png`);
    assert.deepEqual(
      (await readdir(at(""))).sort(),
      [...scores, "a.confidence.png", "a.json", "a.png"].sort(),
    );
    const label = (await read("a.png")).data;
    const probabilities = await Promise.all(scores.map(async (name) => (await read(name)).data));
    const confidence = (await read("a.confidence.png")).data;
    label.forEach((index, i) => {
      const all = probabilities.map((values) => values[i]!);
      assert.equal(all[index], Math.max(...all));
      assert.ok(Math.abs(all.reduce((a, b) => a + b) - 65_535) <= 3);
      assert.ok(Math.abs(confidence[i]! - all[index]! / 257) <= 1);
    });
    const { shapes, imagePath, imageWidth } = JSON.parse(await readFile(at("a.json"), "utf8"));
    assert.deepEqual([imagePath, imageWidth], ["../photos/a.png", 13]);
    assert.ok(shapes.every((shape: { label: string }) => shape.label !== "background"));

    const npy = await runProcess([
      ...base,
      ...[join(folder, "npy"), "--probabilities", "npy", "--format", "color", "--polygons", "coco"],
    ]);
    assert.equal(npy.code, 0, npy.err);
    const bytes = await readFile(join(folder, "npy/a.class-0.npy"));
    assert.match(bytes.toString("latin1", 10, 80), /'descr': '<f4'.*'shape': \(9, 13\)/);
    assert.equal(bytes.readUInt16LE(8) % 64, 54);
    const value = bytes.readFloatLE(bytes.length - 4);
    assert.ok(Math.abs(value * 65_535 - probabilities[0]!.at(-1)!) < 1);
    const colors = decodePng(await readFile(join(folder, "npy/a.png")), { file: "a.png" });
    assert.equal(colors.channels, 3);
    const { images } = JSON.parse(await readFile(join(folder, "npy/annotations.json"), "utf8"));
    assert.deepEqual(images, [{ id: 1, file_name: "../photos/a.png", width: 13, height: 9 }]);
    const again = await runProcess([...base, join(folder, "npy"), "--polygons", "coco"]);
    assert.match(again.err, /a\.png and 1 more would be overwritten/);
  });

  test("segadv predict takes the frames of a video from ffmpeg", patient, async () => {
    const folder = temporaryFolder();
    const run = await trainOneStep(folder);
    const clip = join(folder, "clip.mp4");
    await writeFile(clip, "a video");
    await writeFile(join(folder, "frames"), Buffer.concat([picture(8, 6), picture(8, 6)]));
    const program = (name: string, script: string): Promise<void> =>
      writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await mkdir(join(folder, "bin"));
    const args = ["predict", run, "--backend", "wasm", clip, "--out", join(folder, "maps")];
    const none = await runProcess(args, { env: { PATH: join(folder, "bin") } });
    assert.equal(none.code, 1);
    assert.match(none.err, /^error: Cannot read frames of .*clip\.mp4: ffmpeg is not installed/m);
    const env = { PATH: `${join(folder, "bin")}:${process.env.PATH}` };
    await program("bin/ffmpeg", `echo "$@" > "${folder}/args"; cat "${folder}/frames"`);
    const { code, err, out } = await runProcess([...args, "--fps", "2"], { env });
    assert.equal(code, 0, err);
    assert.match(out, /^wrote 2 label maps/);
    assert.deepEqual(await readdir(join(folder, "maps/clip")), ["000001.png", "000002.png"]);
    assert.match(await readFile(join(folder, "args"), "utf8"), /-i file:\/.*clip\.mp4 -vf fps=2 /);
    await program("bin/ffmpeg", "echo 'moov atom not found' >&2; exit 1");
    const broken = await runProcess([...args, "--overwrite"], { env });
    assert.equal(broken.code, 1);
    assert.match(broken.err, /Cannot read frames of .*clip\.mp4: moov atom not found/);
    const both = await runProcess(args, { env });
    assert.match(both.err, /maps\/clip would be overwritten/);
  });

  test("segadv predict --watch goes on with images that appear", patient, async () => {
    const folder = temporaryFolder();
    const run = await trainOneStep(folder);
    const photos = join(folder, "photos");
    await mkdir(photos);
    await writeFile(join(photos, "a.png"), picture(9, 7));
    const out = join(folder, "maps");
    const args = ["predict", run, "--backend", "wasm", photos, "--watch", "--out"];
    const running = runProcess([...args, out], { interruptAfter: "b.png" });
    await eventually(async () => (await readdir(out).catch((): string[] => [])).includes("a.png"));
    await writeFile(join(photos, "b.png"), "broken");
    const { code, err } = await running;
    assert.match(err, /^error: Cannot decode image ".*b\.png"/m);
    assert.ok(code === 1 || code === 130, `${code}`);
    assert.deepEqual(await readdir(out), ["a.png"]);
    const among = await runHere(...args, folder);
    assert.match(among.err, /Maps of .*photos would lie among its images: choose another --out/);
    const coco = await runHere(...args, out, "--polygons", "coco");
    assert.match(coco.err, /--watch has no end/);
  });

  test("segadv predict refuses a picture of other channels in one line", patient, async () => {
    const folder = temporaryFolder();
    const run = await trainOneStep(folder);
    const goldens: { name: string; file: string }[] = JSON.parse(
      await readFile(new URL("../../../fixtures/goldens/pictures.json", import.meta.url), "utf8"),
    );
    const five = goldens.find(({ name }) => name === "BigTIFF")!.file;
    await writeFile(join(folder, "five.tif"), Buffer.from(five, "base64"));
    const { code, err } = await runProcess(
      [
        "predict",
        run,
        "--backend",
        "wasm",
        join(folder, "five.tif"),
        "--out",
        join(folder, "maps"),
      ],
    );
    assert.equal(code, 1);
    assert.match(
      err,
      /^error: Cannot use image ".*five\.tif": it has 5 channels, and 3 are wanted/,
    );
  });

  test("segadv predict says why --out cannot be made", async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, "x.png"), picture(2, 2));
    const { code, err } = await runHere(
      ...["predict", folder, join(folder, "x.png"), "--out", join(folder, "x.png", "maps")],
    );
    assert.equal(code, 1);
    assert.match(err, /^error: Cannot create .*maps: a part of the path is a file; choose another/);
  });
});
