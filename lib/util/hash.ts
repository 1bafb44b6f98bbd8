/**
 * Fingerprints of bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * SHA-256 of the chunks one after another, hexadecimal.
 *
 * @example
 * ```ts
 * import { sha256 } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * const bytes = new TextEncoder().encode("abc");
 * assert.match(sha256([bytes]), /^ba7816bf/);
 * ```
 */
export function sha256(chunks: Iterable<ArrayBufferView>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) {
    hash.update(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }
  return hash.digest("hex");
}
