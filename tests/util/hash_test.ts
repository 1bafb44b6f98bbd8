import { test } from "node:test";
import assert from "node:assert/strict";
import { sha256 } from "../../lib/util/hash.ts";

test("sha256() of chunks is the hash of their bytes in order", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
  const words = new Float32Array(bytes.buffer, 16, 4);
  assert.equal(
    sha256([bytes.subarray(0, 16), words, bytes.subarray(32)]),
    sha256([bytes]),
  );
  assert.equal(
    sha256([new TextEncoder().encode("abc")]),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
