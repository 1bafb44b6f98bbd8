/**
 * Values that lie in memory with strides, in row-major order.
 *
 * @param options Strides and offset in values; each index must lie within `values`.
 */
export function gather(
  values: Float32Array<ArrayBuffer>,
  options: { shape: number[]; strides: number[]; offset: number },
): Float32Array<ArrayBuffer> {
  const { shape, strides, offset } = options;
  const size = sizeOf(shape);
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

/** Values of a shape. */
export function sizeOf(shape: readonly number[]): number {
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
