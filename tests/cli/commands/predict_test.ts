import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { decodePng, encodePng } from "@segadv/segadv/data";
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
      nested.map(({ input, map }) => [relative(folder, input), relative(folder, map)]),
      [["nest/a.png", "nest/a/a.png"], ["nest/a.png.d/x.png", "nest/a/a.png.d/x.png"]],
      "what lies in --out is no input",
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
