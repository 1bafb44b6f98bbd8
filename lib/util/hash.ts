/**
 * Fingerprints of bytes.
 *
 * @module
 */
import type * as crypto from "node:crypto";
import { builtin } from "./host.ts";
import { PlainSha256 } from "./sha256.ts";

/** A SHA-256 in progress. */
export interface Sha256 {
  /** Takes more bytes; a text as UTF-8. */
  update(data: string | Uint8Array): void;
  /** Ends it. @returns 64 hexadecimal digits. */
  hex(): string;
}

/** A new SHA-256: the host's own, or in a page the one of this project. */
export function createSha256(): Sha256 {
  const hash = builtin<typeof crypto>("node:crypto")?.createHash("sha256");
  if (hash === undefined) return new PlainSha256();
  return { update: (data) => void hash.update(data), hex: () => hash.digest("hex") };
}

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
  const hash = createSha256();
  for (const chunk of chunks) {
    hash.update(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }
  return hash.hex();
}
