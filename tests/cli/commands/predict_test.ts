import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodePng, encodePng } from "@segadv/segadv/data";
import { runProcess, trainOneStep } from "../../support/cli_process.ts";
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
      assert.deepEqual((await readdir(out)).sort(), [
        ...["odd.overlay.png", "odd.png", "one.overlay.png", "one.png"],
      ]);
      const file = "odd.png";
      const label = decodePng(await readFile(join(out, file)), { file });
      assert.deepEqual([label.width, label.height, label.channels], [37, 21, 1]);
      assert.equal(label.palette!.length, 5 * 3);
      assert.ok(label.data.every((index) => index < 5));
      const overlay = decodePng(await readFile(join(out, "odd.overlay.png")), { file });
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
      const other = decodePng(await readFile(join(folder, "seen", file)), { file });
      assert.deepEqual([other.width, other.height], [37, 21], "cut and resized back");

      await writeFile(join(photos, "odd.jpg"), "broken");
      const clash = await runProcess([...base, out, photos]);
      assert.equal(clash.code, 2);
      assert.match(clash.err, /would both be written to/);
      const self = await runProcess([...base, folder, join(folder, "one.png")]);
      assert.equal(self.code, 2);
      assert.match(self.err, /would be overwritten: choose another --out/);
      const broken = await runProcess([...base, out, join(photos, "odd.jpg")]);
      assert.equal(broken.code, 1);
      assert.match(broken.err, /^error: Cannot decode image ".*odd\.jpg": .*\n$/);
    },
  );
});
