import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { decodeJpeg } from "../../../lib/data/codecs/jpeg.ts";
import { imageSize } from "../../../lib/data/scan/image_size.ts";
import { picture } from "../../support/dataset_folder.ts";
import { JPEG_SAMPLES } from "../../support/jpeg_samples.ts";

test("imageSize() gives what decoding gives, or nothing", async () => {
  let known = 0;
  for (const { file } of JPEG_SAMPLES) {
    const bytes = new Uint8Array(Buffer.from(file, "base64"));
    const size = imageSize(bytes);
    if (size === null) continue;
    const { width, height } = await decodeJpeg(bytes, { file: "sample.jpg" });
    assert.deepEqual(size, { width, height });
    known++;
    assert.equal(imageSize(bytes.subarray(0, bytes.length >> 1)), null, "cut off");
  }
  assert.ok(known > 0);
  assert.deepEqual(imageSize(picture(5, 3)), { width: 5, height: 3 });
  assert.equal(imageSize(picture(5, 3).subarray(0, 40)), null);
  assert.equal(imageSize(new Uint8Array(0)), null);
});
