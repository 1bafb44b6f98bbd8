/**
 * Stored numbers of any type and memory layout as row-major float32.
 *
 * @module
 */

/** Type of a stored tensor's values, by safetensors' name. */
export type SafetensorsDtype = keyof typeof DTYPE_BYTES;

/** Bytes of one value of each type that safetensors knows and this toolkit reads. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

/**
 * Decodes little-endian values of a safetensors type to float32: exactly for F32, F16, BF16 and
 * integers of up to 24 bits, rounded to the nearest for the others; `BOOL` becomes 0 and 1.
 *
 * @param bytes Not changed. For F32 at an offset that is a multiple of 4 the result is a view of
 * them, else it is the caller's own.
 * @throws {RangeError} If the bytes are no whole number of values.
 * @example
 * ```ts
 * import { float32Values } from "@segadv/segadv/weights";
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
  const size = DTYPE_BYTES[dtype];
  const get = READERS[dtype];
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

/** Reader of each type. */
const READERS: Record<SafetensorsDtype, Reader> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => halfToNumber(view.getUint16(at, true)),
  BF16: (view, at) => bfloatToNumber(view.getUint16(at, true)),
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  I32: (view, at) => view.getInt32(at, true),
  I16: (view, at) => view.getInt16(at, true),
  I8: (view, at) => view.getInt8(at),
  U64: (view, at) => Number(view.getBigUint64(at, true)),
  U32: (view, at) => view.getUint32(at, true),
  U16: (view, at) => view.getUint16(at, true),
  U8: (view, at) => view.getUint8(at),
  BOOL: (view, at) => view.getUint8(at) === 0 ? 0 : 1,
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

/**
 * Copies a strided tensor into row-major order.
 *
 * @param options Strides and offset in values; each index must lie within `values`.
 * @returns Values owned by the caller.
 */
export function gather(
  values: Float32Array<ArrayBuffer>,
  options: { shape: number[]; strides: number[]; offset: number },
): Float32Array<ArrayBuffer> {
  const { shape, strides, offset } = options;
  const size = sizeFromShape(shape);
  if (isContiguous(shape, strides)) return values.slice(offset, offset + size);
  const result = new Float32Array(size);
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    result[i] = values[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Number of values of a shape. */
export function sizeFromShape(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function isContiguous(shape: number[], strides: number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
