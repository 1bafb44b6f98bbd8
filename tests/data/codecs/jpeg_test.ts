import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { decodeJpeg, isJpeg } from "../../../lib/data/codecs/jpeg.ts";
import { pillowHashes, skipWithoutPillow } from "../../support/pillow.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { JPEG_SAMPLES } from "../../support/jpeg_samples.ts";
import { DamagedFileError } from "../../../lib/data/dataset.ts";

const BASELINE = new Uint8Array(Buffer.from(JPEG_SAMPLES[0]!.file, "base64"));
const file = "photo.jpg";

for (const sample of JPEG_SAMPLES) {
  test(`decodeJpeg() reads ${sample.name} within one level of Pillow`, async () => {
    const image = await decodeJpeg(Buffer.from(sample.file, "base64"), { file });
    const expected = Buffer.from(sample.rgb, "base64");
    assert.deepEqual([image.width, image.height], [17, 13]);
    assert.equal(image.data.length, expected.length);
    let worst = 0;
    image.data.forEach((value, i) => worst = Math.max(worst, Math.abs(value - expected[i]!)));
    assert.ok(worst <= 1, `${worst} levels off`);
  });
}

test("decodeJpeg() refuses a file cut at any place", async () => {
  for (let length = 0; length < BASELINE.length; length += 7) {
    await assert.rejects(decodeJpeg(BASELINE.subarray(0, length), { file }), {
      name: "DamagedFileError",
      message: /^Cannot decode JPEG "photo.jpg": .+[^.]$/,
    });
  }
});

test("decodeJpeg() refuses absurd sizes unread", async () => {
  const bomb = BASELINE.slice();
  const frame = bomb.findIndex((byte, i) => byte === 0xff && bomb[i + 1] === 0xc0);
  bomb.set([0xff, 0xff, 0xff, 0xff], frame + 5);
  await assert.rejects(decodeJpeg(bomb, { file }), {
    name: "DamagedFileError",
    message:
      'Cannot decode JPEG "photo.jpg": 65535x65535 is more than the limit of 67108864 pixels',
  });
});

test("decodeJpeg() refuses thousands of scans unread", async () => {
  // A scan header without data, over and over: each would be run over the whole picture.
  const scan = BASELINE.findIndex((byte, i) => byte === 0xff && BASELINE[i + 1] === 0xda);
  const header = BASELINE.subarray(scan, scan + 14);
  const huge = Buffer.from(BASELINE.subarray(0, scan));
  huge.set([0x10, 0, 0x10, 0], huge.indexOf(Uint8Array.of(0xff, 0xc0)) + 5);
  const scans = Array.from({ length: 100 }, () => header);
  const bytes = Buffer.concat([huge, ...scans, Uint8Array.of(0xff, 0xd9)]);
  await assert.rejects(decodeJpeg(bytes, { file }), {
    name: "DamagedFileError",
    message: 'Cannot decode JPEG "photo.jpg": 100 scans of 4096x4096 would take minutes',
  });
});

test("decodeJpeg() still decodes after a damaged file", async () => {
  const empty = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
  await assert.rejects(decodeJpeg(empty, { file }), /the file holds no image/);
  const noTables = BASELINE.slice();
  // Renames every quantisation table to a comment: the decoder itself must refuse.
  noTables.forEach((byte, i) => {
    if (byte === 0xff && noTables[i + 1] === 0xdb) noTables[i + 1] = 0xfe;
  });
  await assert.rejects(decodeJpeg(noTables, { file }), DamagedFileError);
  assert.equal((await decodeJpeg(BASELINE, { file })).width, 17);
});

test("decodeJpeg() blames the right one of many files decoded at a time", async () => {
  const scan = BASELINE.findIndex((byte, i) => byte === 0xff && BASELINE[i + 1] === 0xda);
  const damaged = BASELINE.slice().fill(0x7e, scan + 14, BASELINE.length - 2);
  const results = await Promise.allSettled(
    Array.from(
      { length: 20 },
      (_, i) => decodeJpeg(i % 5 === 3 ? damaged : BASELINE, { file: `${i}.jpg` }),
    ),
  );
  const failed = results.flatMap((result) =>
    result.status === "rejected" ? [/"(.*?)"/.exec(result.reason.message)![1]] : []
  );
  assert.deepEqual(failed, ["3.jpg", "8.jpg", "13.jpg", "18.jpg"]);
});

test("decodeJpeg() ends with pixels or one clear line on hostile bytes", async () => {
  const seeds = JPEG_SAMPLES.map((sample) => Buffer.from(sample.file, "base64"));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      async (seed, edits) => {
        const bytes = new Uint8Array(seed);
        for (const [at, value] of edits) bytes[2 + at % (bytes.length - 2)] = value;
        try {
          await decodeJpeg(bytes, { file, maxPixels: 1e6 });
        } catch (error) {
          assert.ok(error instanceof DamagedFileError, String(error));
          assert.match(error.message, /^Cannot decode JPEG "photo.jpg": [^\n]+[^.\n]$/);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("isJpeg() knows the signature", () => {
  assert.ok(isJpeg(BASELINE));
  assert.ok(!isJpeg(new Uint8Array([0xff, 0xd8])));
});

test("decodeJpeg() gives Pillow's bytes for every real photograph", {
  skip: skipWithout("data/formats") || skipWithoutPillow,
}, async () => {
  const files = ["data/formats", "data/camvid-small"].map(sharedPath).flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))
  ).filter((name) => name.endsWith(".jpg"));
  const expected = pillowHashes(files);
  assert.ok(files.length > 700);
  for (const [i, name] of files.entries()) {
    const { data } = await decodeJpeg(readFileSync(name), { file: name });
    assert.equal(createHash("sha256").update(data).digest("hex"), expected[i], name);
  }
});
