/**
 * Layers that change height and width without weights, and concatenation.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ResizeAttrs } from "../../engine/ops/kernels.ts";
import { interpolationWeights, resizeBilinear } from "../../engine/ops/resize_bilinear.ts";
import { resizeNearest } from "../../engine/ops/resize_nearest.ts";
import type { LayerOptions } from "./layer_options.ts";
import { fixedSize, linearMap } from "./linear_map.ts";
import { operation } from "./operation.ts";
import type { Shape, ShapeTable } from "./shape_table.ts";

type Symbolic = tf.SymbolicTensor;

/** Options of an enlargement by a whole factor. */
export interface FactorOptions extends LayerOptions {
  factor: number;
}

/** Options of a resize to the height and width of another value. */
export interface ResizeToOptions<T> extends LayerOptions {
  /** The value whose height and width the output has. */
  like: T;
  /** Whether the centres of the corner pixels coincide; else the corners of the maps. @default false */
  alignCorners?: boolean;
}

/** Layers that change height and width, over `[b, h, w, c]`. */
export interface ResizingLayers<T> {
  /** Adds `pad` zero pixels on all four sides. */
  zeroPad(x: T, options: LayerOptions & { pad: number }): T;
  /** Cuts `start` pixels from the top and the left, `end` from the bottom and the right. */
  crop(x: T, options: LayerOptions & { start: number; end: number }): T;
  /** Concatenates channels, in the order given. */
  concat(parts: readonly T[], options: LayerOptions): T;
  /** Bilinear enlargement by a whole factor, half-pixel centres, edges clamped. */
  upsample(x: T, options: FactorOptions): T;
  /**
   * Bilinear enlargement by a whole factor, the centres of the corner pixels coincide. A saved graph
   * has one input size where this is used.
   */
  upsampleAligned(x: T, options: FactorOptions): T;
  /**
   * Bilinear resize to the size of another value. A saved graph has one input size where this is used.
   */
  resizeTo(x: T, options: ResizeToOptions<T>): T;
  /** Enlargement by a whole factor that repeats each pixel. */
  resizeNearest(x: T, options: FactorOptions): T;
  /** Repeats a map of one pixel over the height and width of another value. */
  broadcastTo(x: T, options: LayerOptions & { like: T }): T;
}

/** Their rows in the table of layers. */
export function resizingShape(table: ShapeTable): ResizingLayers<Shape> {
  const enlarge = (x: Shape, { name, factor }: FactorOptions, kind: string): Shape => {
    requireWhole(factor, name);
    const output = { ...x, height: x.height * factor, width: x.width * factor };
    return table.record(`${kind} ×${factor}`, { name, output });
  };
  return {
    zeroPad(x, { name, pad }) {
      const output = { ...x, height: x.height + 2 * pad, width: x.width + 2 * pad };
      return table.record(`zero padding ${pad}`, { name, output });
    },
    crop(x, { name, start, end }) {
      const output = { ...x, height: x.height - start - end, width: x.width - start - end };
      return table.record(`crop ${start}, ${end}`, { name, output });
    },
    concat(parts, { name }) {
      const [first, ...others] = parts as [Shape, ...Shape[]];
      for (const other of others) {
        const like = { ...other, channels: first.channels };
        table.requireSameSize(first, like, { name, verb: "concatenate" });
      }
      const channels = parts.reduce((sum, part) => sum + part.channels, 0);
      return table.record("concat", { name, output: { ...first, channels } });
    },
    upsample: (x, options) => enlarge(x, options, "bilinear"),
    upsampleAligned: (x, options) => enlarge(x, options, "bilinear, corners aligned,"),
    resizeTo(x, { name, like: { height, width }, alignCorners = false }) {
      const kind = alignCorners ? "bilinear resize, corners aligned" : "bilinear resize";
      return table.record(kind, { name, output: { ...x, height, width } });
    },
    resizeNearest: (x, options) => enlarge(x, options, "nearest"),
    broadcastTo(x, { name, like: { height, width } }) {
      return table.record("broadcast", { name, output: { ...x, height, width } });
    },
  };
}

/** The layers in a saved graph. */
export function resizingTfjs(): ResizingLayers<Symbolic> {
  return {
    zeroPad: (x, { name, pad }) =>
      tf.layers.zeroPadding2d({ name, padding: [pad, pad] }).apply(x) as Symbolic,
    crop(x, { name, start, end }) {
      const layer = tf.layers.cropping2D({ name, cropping: [[start, end], [start, end]] });
      return layer.apply(x) as Symbolic;
    },
    concat: (parts, { name }) => tf.layers.concatenate({ name }).apply([...parts]) as Symbolic,
    upsample: (x, { name, factor }) => enlarge(x, { name, size: [factor, factor] }),
    upsampleAligned(x, { name, factor }) {
      requireWhole(factor, name);
      const [height, width] = fixedSize(x, name);
      return resize(x, {
        name,
        height: height * factor,
        width: width * factor,
        alignCorners: true,
      });
    },
    resizeTo(x, { name, like, alignCorners = false }) {
      const [height, width] = fixedSize(like, name);
      return resize(x, { name, height, width, alignCorners });
    },
    resizeNearest(x, { name, factor }) {
      requireWhole(factor, name);
      return tf.layers.upSampling2d({ name, size: [factor, factor] }).apply(x) as Symbolic;
    },
    broadcastTo: (x, { name, like }) =>
      tf.layers.multiply({ name }).apply([x, onesLike(like, name)]) as Symbolic,
  };
}

/** Those of the layers that the engine's ops do better than tfjs. */
export function resizingTraining(): Pick<
  ResizingLayers<Symbolic>,
  "upsample" | "upsampleAligned" | "resizeTo" | "resizeNearest" | "broadcastTo"
> {
  const enlarge = (
    x: Symbolic,
    { name, factor }: FactorOptions,
    resize: (x: tf.Tensor4D, size: { height: number; width: number }) => tf.Tensor,
  ): Symbolic => {
    requireWhole(factor, name);
    return operation(x, {
      name,
      run: (t) => resize(t, { height: t.shape[1] * factor, width: t.shape[2] * factor }),
      outputShape: ([b, h, w, c]) => [b!, times(h, factor), times(w, factor), c!],
    });
  };
  return {
    upsample: (x, options) => enlarge(x, options, resizeBilinear),
    upsampleAligned: (x, options) =>
      enlarge(x, options, (t, size) => resizeBilinear(t, { ...size, alignCorners: true })),
    resizeTo: (x, { name, like, alignCorners = false }) =>
      operation([x, like], {
        name,
        run: (t, { others: [target] }) => {
          const [, height, width] = target!.shape;
          return resizeBilinear(t, { height, width, alignCorners });
        },
        outputShape: ([b, , , c], [other]) => [b!, other![1]!, other![2]!, c!],
      }),
    resizeNearest: (x, options) =>
      enlarge(x, options, (t) => resizeNearest(t, { factor: options.factor })),
    broadcastTo: (x, { name, like }) =>
      operation([x, like], {
        name,
        run: (t, { others: [target] }) => {
          const [, height, width] = target!.shape;
          // A sum's gradient adds up the pixels; that of tf.broadcastTo slices them one by one
          return tf.add(t, tf.zeros([1, height, width, 1]));
        },
        outputShape: ([b, , , c], [other]) => [b!, other![1]!, other![2]!, c!],
      }),
  };
}

/** A map of ones of one channel, of a value's height and width: tfjs has no layer of a constant. */
function onesLike(like: Symbolic, name: string): Symbolic {
  const channelsFirst = tf.layers.permute({ name: `${name}_channels_first`, dims: [3, 1, 2] });
  const mean = tf.layers.averagePooling2d({
    name: `${name}_mean`,
    poolSize: [like.shape.at(-1)!, 1],
    strides: [1, 1],
  });
  const channelLast = tf.layers.permute({ name: `${name}_channel_last`, dims: [2, 3, 1] });
  const ones = tf.layers.rescaling({ name: `${name}_ones`, scale: 0, offset: 1 });
  return [channelsFirst, mean, channelLast, ones].reduce(
    (x, layer) => layer.apply(x) as Symbolic,
    like,
  );
}

/** A length that may be unknown (null), times a factor. */
function times(length: number | null | undefined, factor: number): number | null {
  return length == null ? null : length * factor;
}

/** @throws {RangeError} If the factor is no whole number from 1 on */
function requireWhole(factor: number, name: string): void {
  if (Number.isInteger(factor) && factor >= 1) return;
  throw new RangeError(`Cannot enlarge ×${factor} in ${name}: must be a whole number`);
}

/** Bilinear resize of a map of known size, as two constant linear maps. */
function resize(x: Symbolic, options: { name: string } & Required<ResizeAttrs>): Symbolic {
  const { name, height, width, alignCorners } = options;
  const [fromHeight, fromWidth] = fixedSize(x, name);
  const taller = linearMap(x, {
    name: `${name}_y`,
    axis: 1,
    weights: interpolationWeights(height, fromHeight, alignCorners),
  });
  return linearMap(taller, {
    name,
    axis: 2,
    weights: interpolationWeights(width, fromWidth, alignCorners),
  });
}

/** Bilinear enlargement with half-pixel centres, one axis after the other. */
function enlarge(x: Symbolic, options: { name: string; size: [number, number] }): Symbolic {
  const { name, size: [rows, columns] } = options;
  const taller = enlargeAxis(x, { name: `${name}_y`, size: [rows, 1] });
  return enlargeAxis(taller, { name: `${name}_x`, size: [1, columns] });
}

/**
 * Bilinear enlargement by a whole factor k along one axis, exactly, from tfjs layers: repeat each pixel
 * k times, then take the mean over k neighbours, which for even k is the blend of the means over k + 1
 * and k − 1, (k+1)/2k and (k−1)/2k. tfjs's average pooling leaves padding out of the count, which clamps
 * the edges.
 */
function enlargeAxis(x: Symbolic, options: { name: string; size: [number, number] }): Symbolic {
  const { name, size } = options;
  const k = Math.max(...size);
  requireWhole(k, name);
  if (k === 1) return x;
  const repeated = tf.layers.upSampling2d({ name: `${name}_repeat`, size }).apply(x) as Symbolic;
  const mean = (length: number, layerName = `${name}_mean${length}`): Symbolic => {
    const layer = tf.layers.averagePooling2d({
      name: layerName,
      poolSize: size.map((s) => s === 1 ? 1 : length) as [number, number],
      strides: 1,
      padding: "same",
    });
    return layer.apply(repeated) as Symbolic;
  };
  if (k % 2 === 1) return mean(k, name);
  const scale = (x: Symbolic, part: { name: string; scale: number }): Symbolic =>
    tf.layers.rescaling(part).apply(x) as Symbolic;
  const blend = [
    scale(mean(k + 1), { name: `${name}_outer`, scale: (k + 1) / (2 * k) }),
    // For k = 2 the inner mean is over one pixel: the map itself.
    scale(k === 2 ? repeated : mean(k - 1), { name: `${name}_inner`, scale: (k - 1) / (2 * k) }),
  ];
  return tf.layers.add({ name }).apply(blend) as Symbolic;
}
