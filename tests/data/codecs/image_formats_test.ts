import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { decodeImage, decodeRaster } from "../../../lib/data/codecs/decode.ts";
import { formatOf, imageFormats, nameForeign } from "../../../lib/data/codecs/image_formats.ts";

/** A picture that tasks/goldens/pictures.py made. */
interface Golden {
  name: string;
  file: string;
  size: [width: number, height: number, channels: number];
  levels?: string;
  samples?: number[];
}

const path = new URL("../../../fixtures/goldens/pictures.json", import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(path, "utf8"));
const file = "picture";

for (const { name, file: content, size, levels, samples } of goldens) {
  const bytes = Buffer.from(content, "base64");
  test(`decodeImage() reads ${name} as Pillow and NumPy do`, async () => {
    const [width, height, channels] = size;
    if (samples !== undefined) {
      const raster = await decodeRaster(bytes, { file });
      assert.deepEqual([raster.width, raster.height, raster.channels], size);
      assert.deepEqual([...raster.data], samples);
      return;
    }
    const image = await decodeImage(bytes, { file });
    assert.deepEqual([image.width, image.height, channels], [width, height, 3]);
    const expected = Buffer.from(levels!, "base64");
    let worst = 0;
    image.data.forEach((value, i) => worst = Math.max(worst, Math.abs(value - expected[i]!)));
    assert.ok(worst <= (name.startsWith("JPEG") ? 1 : 0), `${worst} levels off`);
    assert.equal(image.data.length, expected.length);
  });
}

test("decodeRaster() refuses files that end early, in every format", async () => {
  for (const { name, file: content } of goldens) {
    const bytes = Buffer.from(content, "base64");
    // What follows the pixels may lack: EXIF, the rest of the tables, GIF's second frame
    for (let length = 0; length < bytes.length * 0.6; length += 13) {
      const cut = new Uint8Array(bytes.subarray(0, length));
      const result = await decodeRaster(cut, { file }).catch((error: Error) => error);
      if (result instanceof Error) {
        assert.match(`${result}`, /^DamagedFileError: Cannot .* "picture": [^\n]+[^.]$/, name);
      } else assert.ok(/two frames|orientation|Big|5 channels/.test(name), `${name} of ${length}`);
    }
  }
});

test("formatOf() goes by the first bytes, and finds one format at most", () => {
  for (const { name, file: content } of goldens) {
    const bytes = Buffer.from(content, "base64");
    const matching = [...imageFormats].filter((format) => format.matches(bytes));
    assert.equal(matching.length, 1, name);
    assert.ok(name.includes(formatOf(bytes)!.name), name);
  }
  assert.equal(formatOf(new Uint8Array(0)), null);
  assert.equal(formatOf(new TextEncoder().encode("BM is no picture at all")), null);
});

test("imageFormats name their endings once", () => {
  const extensions = [...imageFormats].flatMap((format) => [...format.extensions]);
  assert.equal(new Set(extensions).size, extensions.length);
  assert.ok(extensions.every((extension) => /^\.[a-z]+$/.test(extension)));
});

test("nameForeign() says what a file is instead", () => {
  const text = (content: string): string => nameForeign(Buffer.from(content, "latin1"));
  const names = "JPEG, PNG, WebP, TIFF, BMP, GIF";
  assert.equal(text("\0\0\0\x18ftypheic"), `it is HEIC, not one of ${names}: convert it`);
  assert.equal(text("\0\0\0\x18ftypavif"), `it is AVIF, not one of ${names}: convert it`);
  assert.match(text("version https://git-lfs.github.com"), /^it is a pointer of Git LFS/);
  assert.equal(text("plain text"), `it is none of ${names}, convert it to one`);
  assert.equal(text(""), "the file is empty");
});
