import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { PlainSha256 } from "../../lib/util/sha256.ts";

test("PlainSha256.hex() agrees with the host's for every length around a block's end", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = randomBytes(length);
    const hash = new PlainSha256();
    hash.update(bytes.subarray(0, length >> 1));
    hash.update(bytes.subarray(length >> 1));
    assert.equal(hash.hex(), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
});

test("PlainSha256.update() takes texts as UTF-8", () => {
  const hash = new PlainSha256();
  hash.update("Straße");
  assert.equal(hash.hex(), createHash("sha256").update("Straße").digest("hex"));
});
