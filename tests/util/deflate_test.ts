import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { crc32, inflateSync } from "node:zlib";
import { inflateZlib, plainCrc32, storedZlib } from "../../lib/util/deflate.ts";

test("storedZlib() makes streams that zlib reads", () => {
  for (const length of [0, 1, 65_535, 65_536, 200_000]) {
    const bytes = randomBytes(length);
    assert.ok(bytes.equals(inflateSync(storedZlib(bytes))), `${length} bytes`);
    assert.ok(bytes.equals(inflateZlib(storedZlib(bytes), { most: length + 1 })));
  }
});

test("plainCrc32() agrees with zlib's", () => {
  for (const length of [0, 1, 255, 10_000]) {
    const bytes = randomBytes(length);
    assert.equal(plainCrc32(bytes), crc32(bytes));
  }
});
