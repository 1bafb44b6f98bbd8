import assert from "node:assert/strict";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

// Real images: more than the five seconds that Bun gives a test, on a busy machine
const patient = { timeout: 240_000 };

/** Puts files in another layout without copying them. */
function link(links: readonly (readonly [from: string, to: string])[]): void {
  for (const [from, to] of links) {
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(from, to);
  }
}

test("segadv eval scores label maps made elsewhere, and asks what they are of", () =>
  withFiles({
    "classes.json": { classes: ["sky", "road"] },
    "val/images/a.png": picture(2, 2),
    "val/labels/a.png": labels(2, 2, { values: [0, 1] }),
    "maps/a.png": labels(2, 2, { values: [0, 0, 0, 1] }),
  }, async (dir) => {
    const maps = join(dir, "maps");
    const table = await runHere("eval", maps, "--dataset", "folder", "--data", dir);
    assert.equal(table.code, 0, table.err);
    assert.match(table.out, /\nroad +50\.00 % +50\.00 % +2\n/);
    const nameless = await runHere("eval", maps);
    assert.equal(nameless.code, 2);
    assert.match(nameless.err, /holds label maps: name the data they are of with --data\n$/);
    writeFileSync(join(maps, "a.png"), "broken");
    const broken = await runHere("eval", maps, "--dataset", "folder", "--data", dir);
    assert.deepEqual([broken.code, broken.out], [1, ""]);
    assert.match(broken.err, /^error: Cannot read labels from ".*maps.a\.png": it is no PNG.*\n$/);
  }));

test("segadv eval says so of a split whose truth is not published", () =>
  withFiles({
    "leftImg8bit/test/berlin/berlin_0_leftImg8bit.png": picture(2, 2),
    "maps/berlin_0_pred.png": labels(2, 2, { values: [7] }),
  }, async (dir) => {
    const args = ["--dataset", "cityscapes", "--data", dir, "--split", "test"];
    const { code, out, err } = await runHere("eval", join(dir, "maps"), ...args);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^error: Cannot score a split without a labelled pixel: .* use predict\n$/);
  }));

test("segadv eval gives ESPNet's CamVid scores by both rules", {
  ...patient,
  skip: skipWithout("data/oracle/camvid-espnet"),
}, async () => {
  const dir = temporaryFolder();
  const oracle = sharedPath("data/oracle/camvid-espnet");
  // The scores need no photograph: the truth stands in for it
  link(
    readdirSync(join(oracle, "gt")).map((name) =>
      [join(oracle, "gt", name), join(dir, "test/images", name)] as const
    ),
  );
  link([[join(oracle, "gt"), join(dir, "test/labels")]]);
  const classes = Array.from({ length: 11 }, (_, i) => `class ${i}`);
  writeFileSync(join(dir, "classes.json"), JSON.stringify({ classes, ignore: 11 }));
  const args = ["eval", join(oracle, "pred"), "--dataset", "folder", "--data", dir];
  const score = async (...more: string[]): Promise<string> => {
    const { code, out, err } = await runHere(...args, "--split", "test", "--json", ...more);
    assert.equal(code, 0, err);
    return (JSON.parse(out).mIoU * 100).toFixed(2);
  };
  assert.equal(await score(), "57.17");
  assert.equal(await score("--ignored", "false-positive"), "55.65");
});

test("segadv eval gives what CityScapes' script printed", {
  ...patient,
  skip: skipWithout("data/oracle/cityscapes-espnet"),
}, async () => {
  const dir = temporaryFolder();
  const oracle = sharedPath("data/oracle/cityscapes-espnet");
  link(
    readdirSync(join(oracle, "gt")).flatMap((name) => {
      const [city, frame] = [name.split("_")[0]!, name.replace(/_gtFine.*/, "")];
      const truth = [join(oracle, "gt", name), join(dir, "gtFine/val", city, name)] as const;
      const photo = join(dir, "leftImg8bit/val", city, `${frame}_leftImg8bit.png`);
      return name.endsWith("_labelIds.png")
        ? [truth, [join(oracle, "gt", name), photo] as const]
        : [truth];
    }),
  );
  const args = ["eval", join(oracle, "pred"), "--dataset", "cityscapes", "--data", dir];
  const { code, out, err } = await runHere(...args, "--json");
  assert.equal(code, 0, err);
  const { mIoU, cityscapes } = JSON.parse(out);
  const { classIoU, categoryIoU, classInstanceIoU, categoryInstanceIoU } = cityscapes;
  assert.deepEqual(
    [mIoU, classIoU, categoryIoU, classInstanceIoU, categoryInstanceIoU].map((score) =>
      (score * 100).toFixed(2)
    ),
    ["57.13", "57.13", "81.17", "25.85", "61.31"],
  );
});
