import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { type MatNumbers, type MatStruct, readMat } from "../../../lib/data/codecs/mat.ts";
import { COMPRESSED_MAT, PLAIN_MAT } from "../../support/mat_samples.ts";
import { DamagedFileError } from "../../../lib/data/dataset.ts";

const PLAIN = new Uint8Array(Buffer.from(PLAIN_MAT, "base64"));
const COMPRESSED = new Uint8Array(Buffer.from(COMPRESSED_MAT, "base64"));
const file = "cls/2008_000001.mat";

for (const [name, bytes] of Object.entries({ plain: PLAIN, compressed: COMPRESSED })) {
  test(`readMat() reads what SciPy wrote, ${name}`, () => {
    const variables = readMat(bytes, { file });
    const numbers = (key: string): number[] => [...(variables.get(key) as MatNumbers).data];
    assert.deepEqual(numbers("x"), [1.5, 1e300, -2, 0]); // columns first
    assert.deepEqual(numbers("n"), [-3, 300, 70000]);
    assert.deepEqual(numbers("c"), [1]);
    assert.deepEqual(numbers("l"), [1, 0]);
    assert.deepEqual(numbers("e"), []);
    assert.equal(variables.get("s")!.kind, "other");
    assert.deepEqual(variables.get("big"), { kind: "other", dims: [1, 1], class: 14 });
    const truth = (variables.get("GTcls") as MatStruct).elements[0]!;
    assert.deepEqual(Object.keys(truth).sort(), [
      "Boundaries",
      "CategoriesPresent",
      "Segmentation",
    ]);
    const map = truth.Segmentation as MatNumbers;
    assert.deepEqual(map.dims, [3, 5]);
    assert.deepEqual([...map.data].slice(0, 6), [0, 5, 10, 1, 6, 11]);
    const boundaries = truth.Boundaries!;
    assert.ok(boundaries.kind === "cell" && boundaries.elements.length === 2);
    assert.equal(boundaries.elements[0]!.kind, "other");
  });
}

test("readMat() refuses other formats with the remedy", () => {
  const cases: [Uint8Array | string, RegExp][] = [
    ["", /it is no MATLAB 5 file/],
    [
      "MATLAB 7.3 MAT-file, Platform: GLNXA64",
      /version 7.3 \(HDF5\) .* save it with the option -v7/,
    ],
    [PLAIN.subarray(0, 200), /file truncated/],
    [COMPRESSED.subarray(0, 300), /file truncated/],
  ];
  for (const [content, message] of cases) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    assert.throws(() => readMat(bytes, { file }), (error: Error) => {
      assert.ok(error instanceof DamagedFileError);
      assert.match(error.message, message);
      assert.ok(error.message.startsWith('Cannot read MATLAB file "cls/2008_000001.mat": '));
      return true;
    });
  }
});

test("readMat() refuses false sizes without taking memory for them", () => {
  // 60000x60000 bytes promised, none there.
  const matrix = Buffer.alloc(8 + 16 + 16 + 8 + 8);
  matrix.writeUInt32LE(14, 0);
  matrix.writeUInt32LE(matrix.length - 8, 4);
  [6, 8, 9, 0, 5, 8, 60000, 60000, 1, 0, 2, 0].forEach((word, i) => {
    matrix.writeUInt32LE(word, 8 + i * 4);
  });
  const lying = Buffer.concat([PLAIN.subarray(0, 128), matrix]);
  assert.throws(() => readMat(lying, { file }), /an array of 60000x60000 holds 0 values/);
  // 300 MB of zeros in a compressed variable.
  const zeros = deflateSync(new Uint8Array(3e8), { level: 1 });
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15, 0);
  tag.writeUInt32LE(zeros.length, 4);
  const bomb = Buffer.concat([PLAIN.subarray(0, 128), tag, zeros]);
  assert.throws(() => readMat(bomb, { file }), /damaged compressed data/);
});

test("readMat() ends with values or one clear line on hostile bytes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(PLAIN.length - 129), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(PLAIN.length),
      (edits, cut) => {
        const bytes = PLAIN.slice();
        for (const [at, value] of edits) bytes[128 + at] = value;
        for (const input of [bytes, bytes.subarray(0, cut)]) {
          try {
            readMat(input, { file });
          } catch (error) {
            assert.ok(error instanceof DamagedFileError);
            assert.match(error.message, /^Cannot read MATLAB file "[^\n]+[^.\n]$/);
          }
        }
      },
    ),
    { numRuns: 1000 },
  );
});
