/**
 * Stored numbers of any type as float32.
 *
 * @module
 */
import type { SafetensorsDtype } from "./safetensors_header.ts";

/**
 * Decodes little-endian values of a safetensors type to float32: exactly for F32, F16, BF16 and
 * integers of up to 24 bits, rounded to the nearest for the others; `BOOL` becomes 0 and 1.
 *
 * @param bytes Not changed. For F32 at an offset that is a multiple of 4 the result is a view of
 * them, else it is the caller's own.
 * @throws {RangeError} If the bytes are no whole number of values.
 * @example
 * ```ts
 * import { float32Values } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...float32Values(Uint8Array.of(0x00, 0xc0), "F16")], [-2]);
 * assert.deepEqual([...float32Values(Uint8Array.of(0x80, 0x3f), "BF16")], [1]);
 * ```
 */
export function float32Values(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: SafetensorsDtype,
): Float32Array<ArrayBuffer> {
  const [size, get] = READERS[dtype];
  if (bytes.length % size !== 0) {
    throw new RangeError(`Cannot read ${bytes.length} bytes as ${dtype}: it takes ${size} a value`);
  }
  const count = bytes.length / size;
  if (dtype === "F32" && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = get(view, i * size);
  return values;
}

type Reader = (view: DataView, at: number) => number;

/** Bytes and reader of each type. */
const READERS: Record<SafetensorsDtype, readonly [size: number, get: Reader]> = {
  F64: [8, (view, at) => view.getFloat64(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  F16: [2, (view, at) => halfToNumber(view.getUint16(at, true))],
  BF16: [2, (view, at) => bfloatToNumber(view.getUint16(at, true))],
  I64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  I32: [4, (view, at) => view.getInt32(at, true)],
  I16: [2, (view, at) => view.getInt16(at, true)],
  I8: [1, (view, at) => view.getInt8(at)],
  U64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  U32: [4, (view, at) => view.getUint32(at, true)],
  U16: [2, (view, at) => view.getUint16(at, true)],
  U8: [1, (view, at) => view.getUint8(at)],
  BOOL: [1, (view, at) => view.getUint8(at) === 0 ? 0 : 1],
};

/** IEEE 754 half precision: 1 sign, 5 exponent and 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function bfloatToNumber(bits: number): number {
  word.setUint16(2, bits, true);
  word.setUint16(0, 0, true);
  return word.getFloat32(0, true);
}
