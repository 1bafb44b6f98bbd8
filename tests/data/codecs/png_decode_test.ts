import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { decodePng, isPng } from "../../../lib/data/codecs/png_decode.ts";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { pillowHashes, skipWithoutPillow } from "../../support/pillow.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { PNG_SAMPLES } from "./_png_samples.ts";
import { DamagedFileError } from "../../../lib/data/dataset.ts";

const GREY = encodePng({ width: 3, height: 2, channels: 1, data: new Uint8Array(6) });
const file = "some.png";

for (const sample of PNG_SAMPLES) {
  test(`decodePng() reads ${sample.name} as Pillow does`, () => {
    const image = decodePng(Buffer.from(sample.file, "base64"), { file });
    const bytes = Buffer.from(sample.samples, "base64");
    const expected = sample.bitDepth === 16
      ? Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(i * 2))
      : [...bytes];
    assert.equal(image.channels, sample.channels);
    assert.equal(image.bitDepth, sample.bitDepth);
    assert.deepEqual([...image.data], expected);
    assert.equal(image.palette !== undefined, sample.name.startsWith("palette"));
  });
}

for (const [colorType, bpp] of [[0, 1], [4, 2], [2, 3], [6, 4]] as const) {
  test(`decodePng() undoes each row filter of ${bpp} bytes a pixel`, () => {
    const stride = 5 * bpp;
    fc.assert(fc.property(
      fc.uint8Array({ minLength: 4 * stride, maxLength: 4 * stride }),
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 }),
      (data, filters) => {
        const rows = filterByTheBook(data, { stride, bpp, filters });
        const png = rawPng({ width: 5, height: 4, colorType }, deflateSync(rows));
        assert.deepEqual(new Uint8Array(decodePng(png, { file }).data), data);
      },
    ));
  });
}

test("decodePng() joins data split over several chunks", () => {
  const rows = deflateSync(new Uint8Array([0, 1, 2, 0, 3, 4]));
  const head = { width: 2, height: 2, colorType: 0 };
  const png = rawPng(head, rows.subarray(0, 3), rows.subarray(3));
  assert.deepEqual([...decodePng(png, { file }).data], [1, 2, 3, 4]);
});

test("decodePng() names file and fault of damaged bytes", () => {
  const broken = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = GREY.slice();
    change(bytes);
    return bytes;
  };
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /does not start with the PNG signature/],
    [GREY.subarray(0, 20), /truncated in chunk "IHDR"/],
    [GREY.subarray(0, GREY.length - 12), /truncated before its IEND/],
    [broken((bytes) => bytes[20]!++), /wrong checksum in chunk "IHDR"/],
    [rawPng({ width: 0, height: 1, colorType: 0 }), /size 0x1 is empty/],
    [rawPng({ width: 1, height: 1, colorType: 5 }), /colour type 5 with 8 bits does not exist/],
    [rawPng({ width: 1, height: 1, colorType: 3 }, deflateSync(new Uint8Array(2))), /no palette/],
    [rawPng({ width: 1, height: 1, colorType: 0 }), /no image data/],
    [rawPng({ width: 1, height: 1, colorType: 0 }, new Uint8Array([9, 9])), /damaged image data/],
    [
      rawPng({ width: 2, height: 2, colorType: 0 }, deflateSync(new Uint8Array(5))),
      /ends after 5 of 6 bytes/,
    ],
    [
      rawPng({ width: 1, height: 1, colorType: 0 }, deflateSync(new Uint8Array([9, 0]))),
      /unknown filter 9 in row 0/,
    ],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(() => decodePng(bytes, { file: "labels/7.png" }), (error: Error) => {
      assert.ok(error instanceof DamagedFileError);
      assert.ok(error.message.startsWith('Cannot decode PNG "labels/7.png": '), error.message);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("decodePng() refuses absurd sizes before it takes memory for them", () => {
  const bomb = rawPng({ width: 60000, height: 60000, colorType: 2 }, deflateSync(GREY));
  assert.throws(() => decodePng(bomb, { file }), {
    name: "DamagedFileError",
    message: 'Cannot decode PNG "some.png": 60000x60000 is more than the limit of 67108864 pixels',
  });
  const hollow = rawPng({ width: 8000, height: 8000, colorType: 2 }, deflateSync(GREY));
  assert.throws(() => decodePng(hollow, { file }), /cannot hold 8000x8000 pixels: file truncated/);
  // 100 MB of zeros behind a header of 2x2: inflation stops at once.
  const swollen = rawPng(
    { width: 2, height: 2, colorType: 0 },
    deflateSync(new Uint8Array(1e8), { level: 1 }),
  );
  assert.throws(() => decodePng(swollen, { file }), /damaged image data/);
  assert.throws(() => decodePng(GREY, { file, maxPixels: 5 }), DamagedFileError);
});

test("decodePng() ends with pixels or one clear line on hostile bytes", () => {
  const seeds = PNG_SAMPLES.map((sample) => Buffer.from(sample.file, "base64"));
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (seed, edits, repair) => {
        const bytes = new Uint8Array(seed);
        for (const [at, value] of edits) bytes[8 + at % (bytes.length - 8)] = value;
        if (repair) repairChecksums(bytes);
        try {
          decodePng(bytes, { file, maxPixels: 1e6 });
        } catch (error) {
          assert.ok(error instanceof DamagedFileError);
          assert.match(error.message, /^Cannot decode PNG "some.png": [^\n]+[^.\n]$/);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("isPng() knows the signature", () => {
  assert.ok(isPng(GREY));
  assert.ok(!isPng(GREY.subarray(1)));
  assert.ok(!isPng(new Uint8Array(0)));
});

test("decodePng() gives Pillow's bytes for every real label and picture", {
  skip: skipWithout("data/formats") || skipWithoutPillow,
}, () => {
  const files = ["data/formats", "data/camvid-small"].map(sharedPath).flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))
  ).filter((name) => name.endsWith(".png"));
  const expected = pillowHashes(files);
  assert.ok(files.length > 700);
  files.forEach((name, i) => {
    const { data } = decodePng(readFileSync(name), { file: name });
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), expected[i], name);
  });
});

interface RawHeader {
  width: number;
  height: number;
  colorType: number;
}

/** A PNG with the given header and data chunks, right or wrong. */
function rawPng({ width, height, colorType }: RawHeader, ...data: Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colorType], 8);
  const chunk = (type: string, body: Uint8Array): Buffer => {
    const bytes = Buffer.alloc(body.length + 12);
    bytes.writeUInt32BE(body.length, 0);
    bytes.write(type, 4, "latin1");
    bytes.set(body, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), body.length + 8);
    return bytes;
  };
  const parts = [chunk("IHDR", header), ...data.map((body) => chunk("IDAT", body))];
  return Buffer.concat([GREY.subarray(0, 8), ...parts, chunk("IEND", Buffer.alloc(0))]);
}

/** Filters rows with the formulas of the PNG specification, one byte at a time. */
function filterByTheBook(
  data: Uint8Array,
  { stride, bpp, filters }: { stride: number; bpp: number; filters: number[] },
): Uint8Array {
  const rows: number[] = [];
  filters.forEach((filter, row) => {
    rows.push(filter);
    for (let i = 0; i < stride; i++) {
      const at = row * stride + i;
      const a = i < bpp ? 0 : data[at - bpp]!;
      const b = row === 0 ? 0 : data[at - stride]!;
      const c = i < bpp || row === 0 ? 0 : data[at - stride - bpp]!;
      const p = a + b - c;
      const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      const prediction = [0, a, b, Math.floor((a + b) / 2), paeth][filter]!;
      rows.push((data[at]! - prediction) & 255);
    }
  });
  return Uint8Array.from(rows);
}

/** Makes the checksums right again, so that what lies behind them is tested too. */
function repairChecksums(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) return;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
}
