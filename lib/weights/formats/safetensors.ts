/**
 * Reads safetensors, the format of checkpoints here and of most published weights: a JSON header
 * that says where each tensor lies, then the tensors. Nothing in a file is believed before it is
 * checked against the file's size.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { bytesInMemory, type ByteSource, openBytes } from "./byte_source.ts";
import {
  headerLength,
  parseHeader,
  type Refuse,
  refuseFile,
  type SafetensorsEntry,
} from "./safetensors_header.ts";
import { SEAL_OFFSET, SEAL_PREFIX, UNSEALED } from "./seal.ts";

export type { SafetensorsDtype, SafetensorsEntry } from "./safetensors_header.ts";

/** An open safetensors file. */
export interface Safetensors {
  /** The texts under `__metadata__`. */
  metadata: ReadonlyMap<string, string>;
  /** Type, shape and place of each tensor, by name. */
  entries: ReadonlyMap<string, SafetensorsEntry>;
  /** Whether it carries the SHA-256 of itself, as all that is written here does. */
  isSealed: boolean;
  /**
   * A tensor's bytes, little-endian, in a buffer of their own that the caller owns.
   *
   * @throws {RangeError} If there is no tensor of that name.
   */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Checks every byte of the file against the SHA-256 in its metadata.
   *
   * @throws {Error} If a byte differs, or the file has no such seal.
   */
  verify(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header: known types, shapes that fit their bytes, no
 * overlap, no hole, nothing beyond the end, at most 100,000 tensors.
 *
 * @returns The file, to be closed by the caller; tensors are read when they are asked for.
 * @throws {SyntaxError} If the file is not what it should be.
 * @throws {Error} If it cannot be opened.
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@segadv/segadv";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "two.safetensors");
 * const values = Float32Array.of(1, 2);
 * await writeSafetensors(path, [{ name: "w", dtype: "F32", shape: [2], read: () => values }]);
 * const file = await openSafetensors(path);
 * await file.verify();
 * assert.deepEqual(file.entries.get("w")!.shape, [2]);
 * assert.deepEqual(new Float32Array((await file.read("w")).buffer), values);
 * await file.close();
 * ```
 */
export async function openSafetensors(path: string): Promise<Safetensors> {
  const source = await openBytes(path);
  try {
    return { ...await fromSource(source), close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * The same for a file that is in memory already.
 *
 * @param bytes The whole file; stays the caller's.
 * @param label Name in error messages.
 * @throws {SyntaxError} If the bytes are not what they should be.
 * @example
 * ```ts
 * import { parseSafetensors } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const bytes = Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 123, 125); // {}
 * assert.equal((await parseSafetensors(bytes, "nothing")).entries.size, 0);
 * ```
 */
export async function parseSafetensors(bytes: Uint8Array, label: string): Promise<Safetensors> {
  const source = bytesInMemory(bytes, label);
  return { ...await fromSource(source), close: () => source.close() };
}

async function fromSource(source: ByteSource): Promise<Omit<Safetensors, "close">> {
  const { size, label } = source;
  const refuse: Refuse = refuseFile(label);
  const length = headerLength(await source.read(0, Math.min(8, size)), { size, refuse });
  const header = parseHeader(await source.read(8, 8 + length), { size, refuse });
  const prefix = await source.read(8, Math.min(8 + length, SEAL_OFFSET));
  return {
    ...header,
    isSealed: new TextDecoder("latin1").decode(prefix) === SEAL_PREFIX,
    async read(name) {
      const entry = header.entries.get(name);
      if (entry === undefined) {
        throw new RangeError(`Cannot read ${name}: ${label} has no such tensor`);
      }
      return await source.read(entry.begin, entry.end);
    },
    verify: () => verifySeal(source),
  };
}

/** Pieces in which a file is hashed. */
const PIECE = 4 * 2 ** 20;

async function verifySeal({ size, read, label }: ByteSource): Promise<void> {
  const hash = createHash("sha256");
  let seal = "";
  for (let begin = 0; begin < size; begin += PIECE) {
    const piece = await read(begin, Math.min(size, begin + PIECE));
    if (begin === 0) {
      const text = new TextDecoder("latin1").decode(piece.subarray(8, SEAL_OFFSET + 64));
      if (!text.startsWith(SEAL_PREFIX)) {
        throw new Error(`Cannot verify ${label}: it carries no SHA-256 of itself`);
      }
      seal = text.slice(SEAL_PREFIX.length);
      piece.set(new TextEncoder().encode(UNSEALED), SEAL_OFFSET);
    }
    hash.update(piece);
  }
  if (hash.digest("hex") !== seal) {
    throw new Error(`Cannot trust ${label}: its bytes differ from their SHA-256; it is damaged`);
  }
}
