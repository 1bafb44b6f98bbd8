import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** Words that a chunk of copies writes. */
const CHUNK_WORDS = 16384;

/** Tile, axis by axis from the last; the tfjs kernel goes value by value. */
export function tile(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const x = call.inputs.x!;
  const reps: number[] = call.attrs.reps;
  if (x.dtype !== "float32" && x.dtype !== "int32") return undefined;
  let shape = [...x.shape];
  let current = x;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const repeats = reps[axis]!;
    if (repeats === 1) continue;
    const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
    const words = shape.slice(axis).reduce((a, b) => a * b, 1);
    shape = shape.with(axis, shape[axis]! * repeats);
    const out = call.backend.makeOutput(shape, x.dtype);
    const pieces = outer * repeats;
    if (words > 0 && pieces > 0) {
      const piecesPerChunk = Math.max(1, Math.ceil(CHUNK_WORDS / words));
      engine.run("repeat", {
        x: engine.at(current),
        out: engine.at(out),
        ...{ pieces, words, repeats, piecesPerChunk },
      }, { chunks: Math.ceil(pieces / piecesPerChunk), flops: 2 * pieces * words });
    }
    if (current !== x) call.backend.disposeData(current.dataId);
    current = out;
  }
  // Nothing to repeat is a copy, which the tfjs kernel makes.
  return current === x ? undefined : current;
}

/**
 * Identity, which every clone is. The tfjs kernel copies; a shared reference costs nothing and
 * keeps what the tape saves from being held twice.
 */
export function identity(_engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const { dataId, shape, dtype } = call.inputs.x!;
  if (dtype === "string") return undefined;
  call.backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** UnsortedSegmentSum, the gradient of gather, which the tfjs backend lacks. */
export function unsortedSegmentSum(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, segmentIds } = call.inputs;
  const segments: number = call.attrs.numSegments;
  if (segmentIds!.shape.length !== 1 || segmentIds!.dtype !== "int32") {
    throw new TypeError("unsortedSegmentSum needs int32 segment ids of rank 1 on the WASM engine");
  }
  if (x!.dtype !== "float32" && x!.dtype !== "int32") {
    throw new TypeError(`unsortedSegmentSum needs float32 or int32 values, got ${x!.dtype}`);
  }
  const [rows = 0, ...rest] = x!.shape;
  const columns = tf.util.sizeFromShape(rest);
  const out = call.backend.makeOutput([segments, ...rest], x!.dtype);
  const columnsPerChunk = Math.max(16, Math.ceil(columns / 16 / 4) * 4);
  engine.run("segmentSum", {
    x: engine.at(x!),
    ids: engine.at(segmentIds!),
    out: engine.at(out),
    ...{ rows, columns, segments, columnsPerChunk },
    isInteger: x!.dtype === "int32" ? 1 : 0,
  }, { chunks: Math.ceil(columns / columnsPerChunk), flops: rows * columns });
  return out;
}

/** Concat; the tfjs kernel copies value by value. */
export function concatenate(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const parts = Object.values(call.inputs) as tf.TensorInfo[];
  const dtype = parts[0]!.dtype;
  if (dtype !== "float32" && dtype !== "int32") return undefined;
  const axis = tf.util.parseAxisParam(call.attrs.axis, parts[0]!.shape)[0]!;
  const shape = tf.backend_util.computeOutShape(parts.map((part) => part.shape), axis);
  const out = call.backend.makeOutput(shape, dtype);
  const outStride = tf.util.sizeFromShape(shape.slice(axis));
  let at = engine.at(out);
  for (const part of parts) {
    const words = tf.util.sizeFromShape(part.shape.slice(axis));
    copyRows(engine, {
      x: engine.at(part),
      out: at,
      ...{ words, xStride: words, outStride },
      rows: tf.util.sizeFromShape(shape.slice(0, axis)),
    });
    at += 4 * words;
  }
  return out;
}

/** SplitV, the gradient of {@linkcode concatenate}. */
export function splitV(engine: Engine, call: KernelCall): tf.TensorInfo[] | undefined {
  const x = call.inputs.x!;
  const { dtype } = x;
  if (dtype !== "float32" && dtype !== "int32") return undefined;
  const axis = tf.util.parseAxisParam(call.attrs.axis, x.shape)[0]!;
  const sizes = tf.backend_util.prepareSplitSize(
    x as tf.Tensor,
    call.attrs.numOrSizeSplits,
    axis,
  );
  const xStride = tf.util.sizeFromShape(x.shape.slice(axis));
  let at = engine.at(x);
  return sizes.map((size) => {
    const shape = x.shape.with(axis, size);
    const out = call.backend.makeOutput(shape, dtype);
    const words = tf.util.sizeFromShape(shape.slice(axis));
    copyRows(engine, {
      x: at,
      out: engine.at(out),
      ...{ words, xStride, outStride: words },
      rows: tf.util.sizeFromShape(shape.slice(0, axis)),
    });
    at += 4 * words;
    return out;
  });
}

/** Copies rows of `words` values between tensors whose rows are other distances apart. */
function copyRows(
  engine: Engine,
  copy: { x: number; out: number; rows: number; words: number; xStride: number; outStride: number },
): void {
  const { rows, words } = copy;
  if (rows * words === 0) return;
  const rowsPerChunk = Math.max(1, Math.ceil(CHUNK_WORDS / words));
  const chunks = Math.ceil(rows / rowsPerChunk);
  engine.run("copyRows", { ...copy, rowsPerChunk }, { chunks, flops: 2 * rows * words });
}
