/**
 * Reads safetensors, the format of checkpoints here and of most published weights: a JSON header
 * that says where each tensor lies, then the tensors. Every offset and shape is checked against the
 * file's size before it is used.
 *
 * @module
 */
import { createSha256 } from "../../util/hash.ts";
import type { WeightFile, WeightFormat } from "../weight_file.ts";
import { bytesInMemory, type ByteSource, openBytes } from "./byte_source.ts";
import { float32Values, sizeFromShape } from "./float32_values.ts";
import {
  headerLength,
  parseHeader,
  type Refuse,
  refuseFile,
  type SafetensorsEntry,
} from "./safetensors_header.ts";

export type { SafetensorsDtype } from "./float32_values.ts";
export type { SafetensorsEntry } from "./safetensors_header.ts";

/**
 * A sealed file carries the SHA-256 of itself, at a fixed place, taken with zeros in that place:
 * so every byte counts, header and names included.
 */
export const SEAL_PREFIX = '{"__metadata__":{"sha256":"';
/** Where the 64 digits stand in the file: behind the header's length and the prefix. */
export const SEAL_OFFSET: number = 8 + SEAL_PREFIX.length;
/** What stands there while the hash is taken. */
export const UNSEALED: string = "0".repeat(64);

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
 * @returns The file, to be closed by the caller; tensors are read on demand.
 * @throws {SyntaxError} If the file is not what it should be.
 * @throws {Error} If it cannot be opened.
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@segadv/segadv/weights";
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
 * import { parseSafetensors } from "@segadv/segadv/weights";
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
  const hash = createSha256();
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
  if (hash.hex() !== seal) {
    throw new Error(`Cannot trust ${label}: its bytes differ from their SHA-256; it is damaged`);
  }
}

/** safetensors as a format of weight files. */
export const safetensorsFormat: WeightFormat = {
  name: "safetensors",
  summary: "safetensors; integer tensors with NAME_scale and NAME_zero are dequantised",
  matches: ({ bytes }) => /^[^]{8}\s*\{/.test(new TextDecoder("latin1").decode(bytes)),
  open: openSafetensorsWeights,
};

/**
 * Opens a safetensors file as weights; one with a checksum is checked byte for byte. An integer
 * tensor NAME with NAME_scale and NAME_zero beside it (one value each, or one for each output
 * channel) is dequantised to `(q - zero) * scale`.
 */
async function openSafetensorsWeights(path: string): Promise<WeightFile> {
  const file = await openSafetensors(path);
  if (file.isSealed) {
    await file.verify().catch(async (error) => {
      await file.close();
      throw error;
    });
  }
  const { entries } = file;
  const isCode = (name: string): boolean =>
    entries.has(`${name}_scale`) && /^[IU](8|16|32)$/.test(entries.get(name)?.dtype ?? "");
  const isHelper = (name: string): boolean => {
    const end = /_(scale|zero)$/.exec(name);
    return end !== null && isCode(name.slice(0, end.index));
  };
  const tensors = new Map([...entries].filter(([name]) => !isHelper(name)));
  return {
    path,
    format: "safetensors",
    tensors,
    saved: null,
    async read(name) {
      if (!isCode(name)) return await valuesOf(file, name);
      return await dequantized(file, name);
    },
    close: () => file.close(),
  };
}

async function valuesOf(file: Safetensors, name: string): Promise<Float32Array<ArrayBuffer>> {
  return float32Values(await file.read(name), file.entries.get(name)?.dtype ?? "F32");
}

async function dequantized(file: Safetensors, name: string): Promise<Float32Array<ArrayBuffer>> {
  const { shape } = file.entries.get(name)!;
  const values = await valuesOf(file, name);
  const scale = await valuesOf(file, `${name}_scale`);
  const hasZero = file.entries.has(`${name}_zero`);
  const zero = hasZero ? await valuesOf(file, `${name}_zero`) : new Float32Array(scale.length);
  const channels = shape[0] ?? 1;
  const isOneOrAll = ({ length }: Float32Array): boolean => length === 1 || length === channels;
  if (!isOneOrAll(scale) || !isOneOrAll(zero)) {
    throw new SyntaxError(
      `Cannot read ${name} [${shape}]: it has ${scale.length} scales and ${zero.length} zero ` +
        `points, needs one of each or ${channels}`,
    );
  }
  const perChannel = sizeFromShape(shape) / channels;
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / perChannel);
    values[i] = (values[i]! - zero[channel % zero.length]!) * scale[channel % scale.length]!;
  }
  return values;
}
