import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { datasetReaders, openDataset } from "../../../lib/data/registry.ts";
import { checkDataset, requireApart } from "../../../lib/data/validate/check_dataset.ts";
import { findLayout, inspectData } from "../../../lib/data/validate/inspect_data.ts";
import { type Content, labels, picture, pngBomb, withFiles } from "../../support/dataset_folder.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import type { DataReport } from "../../../lib/data/validate/data_report.ts";

const IMAGE = picture(4, 3);
const LABEL = labels(4, 3);

test("findLayout() knows a folder of one's own, and keeps a split that lacks a file", () =>
  withFiles({
    "classes.json": { classes: ["sky"] },
    "train/images/a.png": IMAGE,
    "train/labels/a.png": LABEL,
    "val/images/b.png": IMAGE,
    "val/labels/c.png": LABEL,
  }, async (dir) => {
    const { reader, splits } = await findLayout(dir);
    assert.deepEqual([reader, splits], ["folder", ["train", "val"]]);
  }));

test("findLayout() knows CamVid and CityScapes", async () => {
  await withFiles({
    "train/0001TP_006690.png": IMAGE,
    "trainannot/0001TP_006690.png": LABEL,
  }, async (dir) => {
    const { reader, splits } = await findLayout(dir);
    assert.deepEqual([reader, splits], ["camvid", ["train"]]);
  });
  const frame = "aachen/aachen_0";
  await withFiles({
    [`leftImg8bit/train/${frame}_leftImg8bit.png`]: IMAGE,
    [`gtFine/train/${frame}_gtFine_labelIds.png`]: LABEL,
  }, async (dir) => {
    const { reader, splits } = await findLayout(dir);
    assert.deepEqual([reader, splits], ["cityscapes", ["train"]]);
  });
});

test("findLayout() keeps a split whose files are at fault in any other way than lacking", () =>
  withFiles({
    "classes.json": { classes: ["sky"] },
    "train/images/a.png": IMAGE,
    "train/images/a.jpg": IMAGE,
    "train/labels/a.png": LABEL,
    "val/images/b.png": IMAGE,
    "val/labels/b.png": LABEL,
  }, async (dir) => {
    assert.deepEqual((await findLayout(dir)).splits, ["train", "val"]);
  }));

test("DatasetReader.matches() tells layouts apart and never rejects", async () => {
  const names = async (dir: string): Promise<string[]> => {
    const found = await Promise.all([...datasetReaders].map(({ matches }) => matches(dir)));
    return datasetReaders.names.filter((_, i) => found[i]);
  };
  assert.deepEqual(await names("/no/where"), []);
  const lists = "VOCdevkit/VOC2012/ImageSets/Segmentation";
  const sbd = "benchmark_RELEASE/dataset";
  const voc = { [`${lists}/train.txt`]: "2007_000032", [`${lists}/val.txt`]: "2007_000033" };
  const both = { ...voc, [`${sbd}/cls/a.mat`]: "", [`${sbd}/train.txt`]: "a" };
  const cases: [Record<string, string>, string[]][] = [
    [{}, []],
    [{ "classes.json": "" }, []],
    [{ "photos/a.png": "", "masks/a.png": "" }, ["folder"]],
    [{ "leftImg8bit/train/a.png": "" }, ["cityscapes"]],
    [{ "CamVid/valannot/0016E5_07959.png": "" }, ["camvid"]],
    [voc, ["voc"]],
    [both, ["voc", "sbd"]],
    [{ ...both, [`${sbd}/val.txt`]: "b" }, ["voc", "voc-aug", "sbd"]],
  ];
  for (const [files, readers] of cases) {
    await withFiles(files, async (dir) => assert.deepEqual(await names(dir), readers));
  }
});

test("findLayout() says what it looked for", () =>
  withFiles({ "a/a.png": IMAGE, "b/a.png": LABEL }, async (dir) => {
    await assert.rejects(findLayout(dir), {
      message: /^Cannot read ".*": 2 pictures in a, b, but nothing tells images from labels; expec/,
    });
    const message = /^Cannot inspect ".*" as camvid \(.*\): .*found no folder trainannot/;
    await assert.rejects(findLayout(dir, { reader: "camvid" }), { message });
  }));

test("findLayout() names the splits there are where it finds none of its own", () =>
  withFiles({
    "classes.json": { classes: ["sky"] },
    "day/images/a.png": IMAGE,
    "day/labels/a.png": LABEL,
    "night/images/a.png": IMAGE,
    "night/labels/a.png": LABEL,
  }, async (dir) => {
    await assert.rejects(
      findLayout(dir),
      /none of the splits train, val, test, available: day, night$/,
    );
  }));

test("findLayout() knows real data", { skip: skipWithout("data/formats") }, async () => {
  const cases = [
    ["data/formats/voc", "voc", ["train", "val"]],
    ["data/formats/sbd-made", "sbd", ["train", "val"]],
    ["data/camvid-small", "folder", ["train", "val", "test"]],
  ] as const;
  for (const [path, reader, splits] of cases) {
    const found = await findLayout(sharedPath(path));
    assert.deepEqual([found.reader, found.splits], [reader, splits]);
  }
});

const CLASSES = { classes: ["sky", "road"], ignore: 255 };
const GOOD = labels(4, 3, { values: [0, 1, 255] });

/** An RGB PNG of 4x3 pixels, unlike that of any other shade. */
function shade(value: number): Uint8Array {
  const data = new Uint8Array(4 * 3 * 3).fill(value);
  return encodePng({ width: 4, height: 3, channels: 3, data });
}

/** An RGB PNG of 4x3 pixels, each of a colour. */
function colored(): Uint8Array {
  const data = Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => i * 7);
  return encodePng({ width: 4, height: 3, channels: 3, data });
}

/** Two splits of two samples each that nothing is wrong with. */
const SOUND: Record<string, Content> = {
  "classes.json": CLASSES,
  "train/images/a.png": shade(1),
  "train/labels/a.png": GOOD,
  "train/images/b.png": shade(2),
  "train/labels/b.png": GOOD,
  "val/images/c.png": shade(3),
  "val/labels/c.png": GOOD,
  "val/images/d.png": shade(4),
  "val/labels/d.png": GOOD,
};

/** Looks at the sound data with some files changed. */
async function inspect(changes: Record<string, Content> = {}, limit = 9): Promise<DataReport> {
  let report: DataReport | undefined;
  await withFiles({ ...SOUND, ...changes }, async (dir) => {
    report = await inspectData({ reader: "folder", dir, splits: ["train", "val"] }, { limit });
  });
  return report!;
}

test("inspectData() finds nothing wrong with sound data, and counts it", async () => {
  await check({});
  const { ok, findings, splits, weights } = await inspect();
  assert.deepEqual([ok, findings], [true, []]);
  const [train] = splits;
  assert.deepEqual(train!.pixels, [8, 8]);
  assert.deepEqual(train!.images, [2, 2]);
  assert.deepEqual([train!.samples, train!.read, train!.ignored], [2, 2, 8]);
  assert.deepEqual([train!.histogram[0], train!.histogram[1], train!.histogram[255]], [8, 8, 8]);
  assert.deepEqual(train!.mean, [1.5, 1.5, 1.5]);
  assert.deepEqual(train!.std, [0.5, 0.5, 0.5]);
  assert.deepEqual(train!.sizes, { min: [4, 3], median: [4, 3], max: [4, 3], distinct: 1 });
  assert.deepEqual(weights.medianFrequency, [1, 1]);
});

/** Checks the changed data as training does before its first batch. */
async function check(changes: Record<string, Content>): Promise<void> {
  await withFiles({ ...SOUND, ...changes }, async (dir) => {
    const train = await openDataset("folder", { dir, split: "train" });
    const validation = await openDataset("folder", { dir, split: "val" });
    const checked = await checkDataset(train, { isTraining: true });
    requireApart(checked, await checkDataset(validation));
  });
}

describe("inspectData() says in one line why training would be wrong", () => {
  const truncated = shade(2).slice(0, 50);
  const flipped = shade(2);
  flipped[45]! ^= 255;
  const huge = shade(2);
  new DataView(huge.buffer).setUint32(16, 60_000);
  const empty = new Uint8Array(0);
  const CASES: [what: string, changes: Record<string, Content>, message: RegExp][] = [
    ["a truncated image", { "train/images/b.png": truncated }, /Cannot decode PNG ".*b\.png"/],
    ["a damaged image", { "train/images/b.png": flipped }, /wrong checksum in chunk "IDAT"/],
    ["an empty label", { "val/labels/c.png": empty }, /labels from ".*c\.png": the file is empty/],
    ["a damaged header", { "train/images/b.png": huge }, /Cannot decode PNG ".*b\.png"/],
    ["a bomb", { "train/images/b.png": pngBomb() }, /b\.png".* 60000x60000/],
    ["another size", { "train/images/b.png": picture(5, 3) }, /5x3, .* 4x3, they must be of one s/],
    [
      "an RGB mask",
      { "train/labels/b.png": colored() },
      /^Cannot read .*labels are colours, not ind/,
    ],
    [
      "a JPEG mask",
      { "train/labels/b.png": Uint8Array.of(255, 216, 255) },
      /Cannot decode JPEG ".*b\.png"/,
    ],
    ["no partner", { "train/images/e.png": shade(5) }, /no label named "e" in/],
    ["void", { "val/labels/d.png": labels(4, 3, { values: [0, 2] }) }, /"ignore": 2 in classes/],
    ["classes.json", { "classes.json": "{" }, /Cannot read ".*classes\.json": not JSON/],
    [
      "0/255 masks",
      Object.fromEntries(["a", "b"].map((name) => [
        `train/labels/${name}.png`,
        labels(4, 3, { values: [0, 255] }),
      ])),
      /labels are 0\/255 masks/,
    ],
    [
      "leakage",
      { "val/images/d.png": shade(1) },
      /^1 image is both in train and in val \(a = d\): scores on val would be of images used/,
    ],
  ];
  for (const [what, changes, message] of CASES) {
    test(what, async () => {
      const { ok, findings } = await inspect(changes);
      assert.equal(ok, false);
      const errors = findings.filter(({ severity }) => severity === "error");
      assert.equal(errors.length, 1, errors.map((error) => error.message).join("\n"));
      assert.match(errors[0]!.message, message);
      assert.doesNotMatch(errors[0]!.message, /\n/);
      await assert.rejects(check(changes), "training goes on");
    });
  }
});

describe("inspectData() warns of what may be meant", () => {
  const sky = labels(4, 3, { values: [0] });
  const road = labels(4, 3, { values: [1] });
  const blank = labels(4, 3, { values: [255] });
  const CASES: [what: string, changes: Record<string, Content>, message: RegExp][] = [
    ["nearly empty labels", { "train/labels/a.png": blank }, /^1 of 2 label maps are nearly empty/],
    ["an image twice", { "train/images/a.png": shade(2) }, /^1 image is twice \(a = b\)/],
    [
      "a class that only occurs where it is scored",
      {
        "classes.json": { classes: ["sky", "road", "car"], ignore: 255 },
        "train/labels/b.png": labels(4, 3, { values: [0, 2] }),
        "train/labels/a.png": sky,
      },
      /^class road \(it does in val\) never occurs: it cannot be learned$/,
    ],
    [
      "a first class that never occurs",
      {
        "classes.json": { classes: ["sky", "road", "car"], ignore: 255 },
        "train/labels/a.png": road,
        "train/labels/b.png": labels(4, 3, { values: [1, 2] }),
      },
      /^class sky .*never occurs: do the labels count from 1$/,
    ],
    ["one class only", { "train/labels/a.png": sky, "train/labels/b.png": road }, /^2 of 2 label/],
    [
      "a class called void",
      { "classes.json": { classes: ["sky", "void"], ignore: 255 } },
      /^class 1 is called void .* declare "ignore": 1 in classes\.json$/,
    ],
  ];
  for (const [what, changes, message] of CASES) {
    test(what, async () => {
      const { ok, findings } = await inspect(changes);
      const warnings = findings.filter(({ severity }) => severity === "warning");
      assert.ok(warnings.some((warning) => message.test(warning.message)), what);
      assert.ok(ok);
    });
  }
});

test("inspectData() shows a few broken samples and counts the rest", async () => {
  const names = ["a", "b", "e", "f", "g"];
  const { findings, splits } = await inspect(Object.fromEntries(names.flatMap((name) => [
    [`train/images/${name}.png`, "broken"],
    [`train/labels/${name}.png`, GOOD],
  ])));
  assert.equal(findings.length, 4);
  assert.equal(findings[3]!.message, "2 more of 5 samples cannot be read");
  assert.deepEqual(splits[0]!.broken.map(({ id }) => id), names);
  assert.equal(splits[0]!.sizes, null);
});

/** A picture of waves in places that the seed decides, brighter by some levels. */
function waves(seed: number, brighter = 0): Uint8Array {
  const data = Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 48, Math.floor(i / 144)];
    let level = 110 + brighter;
    for (let k = 1; k < 6; k++) {
      level += 18 * Math.sin(seed * k + ((seed * k) % 5 * x + (seed + 3 * k) % 7 * y) / 8);
    }
    return level;
  });
  return encodePng({ width: 48, height: 48, channels: 3, data });
}

test("inspectData() warns of images of two splits that look alike, and of no others", () => {
  const mask = labels(48, 48, { values: [0, 1] });
  return withFiles({
    "classes.json": { classes: ["sky", "road"] },
    ...Object.fromEntries([1, 2, 3, 4].flatMap((seed) => [
      [`train/images/${seed}.png`, waves(seed)],
      [`train/labels/${seed}.png`, mask],
    ])),
    "val/images/again.png": waves(3, 12),
    "val/labels/again.png": mask,
    "val/images/other.png": waves(23),
    "val/labels/other.png": mask,
  }, async (dir) => {
    const inspected = await inspectData({ reader: "folder", dir, splits: ["train", "val"] });
    const found = inspected.findings.filter(({ message }) => /look like/.test(message));
    assert.equal(found.length, 1);
    const [{ severity, message, samples }] = found as [DataReport["findings"][number]];
    assert.equal(severity, "warning");
    assert.match(
      message,
      /^1 of 2 images of val look like images of train \(3 = again\): near-dup/,
    );
    assert.deepEqual(samples, [{ split: "train", id: "3" }, { split: "val", id: "again" }]);
    // What the cache holds gives the same report
    const again = await inspectData({ reader: "folder", dir, splits: ["train", "val"] });
    assert.deepEqual(again, inspected);
  });
});

test("inspectData() counts classes of each image and the sizes of their objects", () =>
  withFiles({
    "classes.json": { classes: ["sky", "road", "car"] },
    "train/images/a.png": waves(1),
    // Columns of one pixel: 24 objects of 48 pixels each of two classes
    "train/labels/a.png": labels(48, 48, { values: [0, 1] }),
    "train/images/b.png": waves(2),
    "train/labels/b.png": labels(48, 48, { values: [0] }),
    "val/images/c.png": waves(23),
    "val/labels/c.png": labels(48, 48, { values: [0, 1] }),
  }, async (dir) => {
    const source = { reader: "folder", dir, splits: ["train"] };
    const { splits: [report] } = await inspectData(source);
    assert.deepEqual(report!.classesPerImage, [0, 1, 1]);
    const [sky, road, car] = report!.objects;
    assert.deepEqual([sky!.count, sky!.small], [25, 24]);
    assert.deepEqual([road!.count, road!.small], [24, 24]);
    assert.ok(road!.smallest <= 48 && road!.median === road!.largest, JSON.stringify(road));
    assert.ok(sky!.largest > 48 ** 2 / 1.2 && sky!.largest <= 48 ** 2, JSON.stringify(sky));
    assert.equal(car!.count, 0);
  }));

test("inspectData() reads no more than the limit, and finds shared files without reading", () =>
  withFiles({
    "classes.json": CLASSES,
    "images/a.png": shade(1),
    "labels/a.png": GOOD,
    "images/b.png": shade(2),
    "labels/b.png": GOOD,
    "train.txt": "a\nb\n",
    "val.txt": "b\n",
  }, async (dir) => {
    const source = { reader: "folder", dir, splits: ["train", "val"] };
    const { splits, findings } = await inspectData(source, { limit: 1 });
    assert.deepEqual(splits.map(({ read, samples }) => [read, samples]), [[1, 2], [1, 1]]);
    assert.match(findings[0]!.message, /^1 image is both in train and in val \(b\)/);
    assert.ok(findings.some(({ message }) => message === "read 1 of 2 samples"));
  }));

test("inspectData() finds fault with one split for both, and refuses none", async () => {
  const source = { reader: "fixtures", dir: null, splits: ["train", "train"] };
  const { ok, findings, splits } = await inspectData(source);
  assert.deepEqual([ok, splits.length], [false, 1]);
  assert.match(findings[0]!.message, /^is both trained and validated on/);
  await assert.rejects(inspectData({ ...source, splits: [] }), RangeError);
});

test("inspectData() ends when its signal is aborted", async () => {
  const source = { reader: "fixtures", dir: null, splits: ["train"] };
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done === 3) controller.abort(new Error("enough"));
    assert.ok(done <= 3);
  };
  await assert.rejects(
    inspectData(source, { signal: controller.signal, onProgress }),
    { message: "enough" },
  );
});

test("inspectData() passes real VOC: train and val apart, borders ignored", {
  skip: skipWithout("data/formats/voc"),
}, async () => {
  const dir = sharedPath("data/formats/voc");
  const { ok, findings, splits } = await inspectData({
    reader: "voc",
    dir,
    splits: ["train", "val"],
  });
  assert.ok(ok, findings[0]?.message);
  assert.deepEqual(splits.map(({ read }) => read), [5, 8]);
  const messages = findings.map(({ message }) => message);
  assert.ok(messages.some((one) => /^has 5 images, the published split 1464: scores/.test(one)));
  const mixed = await inspectData({ reader: "voc", dir, splits: ["trainval", "val"] });
  assert.match(mixed.findings[0]!.message, /^8 images are both in trainval and in val/);
});
