/**
 * Kernels in the order of ONNX and of other libraries.
 *
 * @module
 */
import type { WeightLayout } from "../weights/name_maps/name_map.ts";

/** A weight's values and shape. */
export interface Weight {
  values: Float32Array;
  shape: readonly number[];
}

/** A weight `[h, w, in, out]`, or a vector, in the order of another library. */
export function toLayout(weight: Weight, layout: WeightLayout): Weight {
  const { values, shape } = weight;
  if (layout === "same" || shape.length !== 4) return weight;
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const size = height * width * inputs;
  switch (layout) {
    case "oihw":
      return toOihw(weight);
    case "depthwise":
      return toDepthwise(weight).values;
    case "linear":
      return { values: toOihw(weight).values, shape: [outputs, size] };
    case "dense":
      return { values, shape: [size, outputs] };
  }
}

/** `[h, w, in, out]` to `[out, in, h, w]`. */
export function toOihw({ values, shape }: Weight): Weight {
  return permuted({ values, shape }, [3, 2, 0, 1]);
}

/** `[h, w, out, in]` of a transposed convolution to `[in, out, h, w]`. */
export function toIohw({ values, shape }: Weight): Weight {
  return permuted({ values, shape }, [3, 2, 0, 1]);
}

/** `[h, w, in, multiplier]` to `[in·multiplier, 1, h, w]`, and the channels of the output. */
export function toDepthwise(weight: Weight): { values: Weight; channels: number } {
  const [h, w, inputs, multiplier] = weight.shape as [number, number, number, number];
  const { values } = permuted(weight, [2, 3, 0, 1]);
  const channels = inputs * multiplier;
  return { values: { values, shape: [channels, 1, h, w] }, channels };
}

/** A tensor of rank 4 with its axes in another order. */
function permuted(
  { values, shape }: Weight,
  order: readonly [number, number, number, number],
): Weight {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  );
  const [a, b, c, d] = order.map((axis) => shape[axis]!) as [number, number, number, number];
  const [sa, sb, sc, sd] = order.map((axis) => strides[axis]!) as [number, number, number, number];
  const result = new Float32Array(values.length);
  let at = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) {
        const from = i * sa + j * sb + k * sc;
        for (let l = 0; l < d; l++) result[at++] = values[from + l * sd]!;
      }
    }
  }
  return { values: result, shape: [a, b, c, d] };
}
