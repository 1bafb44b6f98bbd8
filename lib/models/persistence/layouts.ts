import type { WeightLayout } from "../../weights/name_maps/name_map.ts";

/** Turns a tensor of a file into a weight of ours of that shape. */
export function fromLayout(
  values: Float32Array<ArrayBuffer>,
  options: { shape: readonly number[]; layout: WeightLayout },
): Float32Array<ArrayBuffer> {
  const { shape, layout } = options;
  // Rows of a dense layer lie as [h, w, in] already
  if (layout === "same" || layout === "dense" || shape.length !== 4) return values;
  const [height, width, channels, filters] = shape as [number, number, number, number];
  const area = height * width;
  const result = new Float32Array(values.length);
  // Reads in order; [out, in·h·w] and [out, in, h, w] lie alike
  let at = 0;
  for (let o = 0; o < filters; o++) {
    for (let i = 0; i < channels; i++) {
      for (let p = 0; p < area; p++) result[(p * channels + i) * filters + o] = values[at++]!;
    }
  }
  return result;
}
