import assert from "node:assert/strict";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  compareFingerprints,
  type DataFingerprint,
  fingerprintDataset,
  HASHED_SAMPLES,
} from "../../lib/data/fingerprint.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { shapesFolder, writeClasses, writeShape } from "../support/shapes_folder.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Fingerprint of a split as it is on the disk now. */
async function of(dir: string, options = {}): Promise<DataFingerprint> {
  return await fingerprintDataset(await openDataset("folder", { dir, split: "val" }), options);
}

/** What differs between then and now. */
async function changes(
  dir: string,
  then: DataFingerprint,
  options = {},
): Promise<{ texts: string[]; affectsScores: boolean }> {
  const { ids } = await openDataset("folder", { dir, split: "val" });
  const found = compareFingerprints(then, await of(dir, options), { what: "validation data", ids });
  const affectsScores = found.some((difference) => difference.affectsScores);
  return { texts: found.map(({ text }) => text), affectsScores };
}

describe("fingerprintDataset()", () => {
  test("fingerprintDataset() is the same for a copy, and in another folder", async () => {
    const dir = await shapesFolder(join(temporaryFolder(), "a"));
    const then = await of(dir);
    const other = join(temporaryFolder(), "b");
    await rename(dir, other);
    assert.deepEqual(await changes(other, then), { texts: [], affectsScores: false });
    assert.deepEqual([then.samples, then.hashes.length], [2, 2]);
  });

  test("compareFingerprints() names what has changed", async () => {
    const classes = ["ground", "square"];
    const cases: [what: string, (dir: string) => Promise<void>, RegExp, scores?: boolean][] = [
      ["a picture of the same size", (dir) => (
        writeShape(dir, { split: "val", name: "val-1", shade: 7 })
      ), /^contents of 1 of 2 compared samples of the validation data, the first is "val-1"$/],
      [
        "the ignore label",
        (dir) => writeClasses(dir, { classes, ignore: 0 }),
        /^ignore label .* 255 became 0$/,
      ],
      [
        "the order of classes",
        (dir) => writeClasses(dir, { classes: classes.toReversed(), ignore: 255 }),
        /^classes of the validation data \["ground","square"\] became/,
      ],
      [
        "colours",
        (dir) => writeClasses(dir, { classes, ignore: 255, shade: 9 }),
        /^colours of the classes/,
        false,
      ],
      [
        "one more",
        (dir) => writeShape(dir, { split: "val", name: "val-9", shade: 1 }),
        /^number of samples .* 2 became 3$/,
      ],
    ];
    for (const [what, change, expected, scores = true] of cases) {
      const dir = await shapesFolder(temporaryFolder());
      const then = await of(dir);
      await change(dir);
      const { texts, affectsScores } = await changes(dir, then);
      assert.equal(texts.length, 1, `${what}: ${texts}`);
      assert.match(texts[0]!, expected, what);
      assert.equal(affectsScores, scores, what);
    }
  });

  test("compareFingerprints() tells a name from a size", async () => {
    const dir = await shapesFolder(temporaryFolder());
    const then = await of(dir);
    for (const kind of ["images", "labels"]) {
      await rename(join(dir, "val", kind, "val-1.png"), join(dir, "val", kind, "val-2.png"));
    }
    assert.match((await changes(dir, then)).texts.join(), /^names of the samples/);
    const grown = { ...then, files: { bytes: 1, sizesSha256: "" } };
    assert.match(
      (await changes(dir, grown)).texts.join(),
      /sizes of the files .*1 bytes in all became \d+/,
    );
  });

  test("fingerprintDataset() hashes 64 samples, or with full all, and compares what both have", async () => {
    const samples = { train: 0, val: 70 };
    const dir = await shapesFolder(temporaryFolder(), { samples });
    const [some, all] = [await of(dir), await of(dir, { full: true })];
    assert.deepEqual([some.hashes.length, all.hashes.length], [HASHED_SAMPLES, 70]);
    assert.deepEqual((await changes(dir, some, { full: true })).texts, []);
    const unhashed = Array.from({ length: 70 }, (_, i) => i)
      .find((i) => !some.hashes.some((_, k) => Math.floor(k * 70 / 64) === i))!;
    const { ids } = await openDataset("folder", { dir, split: "val" });
    await writeShape(dir, { split: "val", name: ids[unhashed]!, shade: 49 });
    assert.deepEqual((await changes(dir, some)).texts, []);
    assert.match((await changes(dir, all, { full: true })).texts.join(), /contents of 1 of 70/);
  });

  test("fingerprintDataset() hashes the pixels of samples that are no files", async () => {
    const dataset = await openDataset("fixtures", { split: "val" });
    const then = await fingerprintDataset(dataset);
    assert.equal(then.files, null);
    const { ids } = dataset;
    const changed = {
      ...dataset,
      async read(index: number) {
        const sample = await dataset.read(index);
        if (index === 3) sample.label.data[0] = 255;
        return sample;
      },
    };
    const [found] = compareFingerprints(then, await fingerprintDataset(changed), {
      what: "data",
      ids,
    });
    assert.match(found!.text, /contents of 1 of 8 .* "shapes_27"$/);
  });

  test("openDataset() says which absolute folder it has tried, and from where", async () => {
    const dir = await shapesFolder(temporaryFolder());
    await rm(dir, { recursive: true });
    const gone = openDataset("folder", { dir, split: "val" });
    await assert.rejects(gone, {
      name: "MissingFolderError",
      message: /there is no folder \/\S+; where/,
    });
    await assert.rejects(openDataset("voc", { dir: "not/here", split: "val" }), {
      name: "MissingFolderError",
      message: /no folder \/.*not\/here, which is "not\/here" from the working directory; .*--data/,
    });
  });
});
