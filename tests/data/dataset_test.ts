import { test } from "node:test";
import assert from "node:assert/strict";
import {
  cacheSamples,
  type Dataset,
  MissingSplitError,
  requireSplit,
} from "../../lib/data/dataset.ts";

test("requireSplit() gives the samples of a split, or names those there are", () => {
  const splits = { train: ["a", "b"], val: [], test: ["c"] };
  assert.deepEqual(requireSplit(splits, { split: "train", where: "x" }), ["a", "b"]);
  const cases = [
    ["val", 'Cannot open split "val" of x: it is empty, available: train, test'],
    [
      "toString",
      'Cannot open split "toString" of x: there is none of that name, available: train, test',
    ],
  ] as const;
  for (const [split, message] of cases) {
    assert.throws(
      () => requireSplit(splits, { split, where: "x" }),
      new MissingSplitError(message),
    );
  }
  assert.throws(() => requireSplit({ train: [] }, { split: "val", where: "x" }), {
    message: /there is none of that name, and no other split either$/,
  });
});

/** Samples of 1 MiB each that count how often they are read. */
function countingDataset(reads: number[]): Dataset {
  return {
    name: "counting",
    split: "train",
    classes: [],
    ignoreLabel: 255,
    ids: reads.map((_, i) => String(i)),
    read(index) {
      reads[index]!++;
      const size = { width: 512, height: 512 };
      const image = { ...size, data: new Uint8Array(3 * 2 ** 18) };
      return Promise.resolve({
        id: String(index),
        image,
        label: { ...size, data: new Uint8Array(2 ** 18) },
      });
    },
  };
}

test("cacheSamples() keeps what fits and decodes the rest each time", async () => {
  const reads = [0, 0, 0, 0];
  const dataset = cacheSamples(countingDataset(reads), 2);
  for (let epoch = 0; epoch < 3; epoch++) {
    for (const index of [2, 0, 1, 3]) {
      assert.equal((await dataset.read(index)).id, String(index));
    }
  }
  assert.deepEqual(reads, [1, 3, 1, 3]);
});

test("cacheSamples() counts a sample once when it is read twice at a time", async () => {
  const reads = [0, 0];
  const dataset = cacheSamples(countingDataset(reads), 2);
  await Promise.all([dataset.read(0), dataset.read(0)]);
  await dataset.read(1);
  await dataset.read(1);
  assert.deepEqual(reads, [2, 1]);
});

test("cacheSamples() keeps nothing at 0 MiB", async () => {
  const reads = [0];
  const dataset = cacheSamples(countingDataset(reads), 0);
  await dataset.read(0);
  await dataset.read(0);
  assert.deepEqual(reads, [2]);
});
