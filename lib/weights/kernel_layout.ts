/**
 * Kernels of other programs' layouts, and for other numbers of input channels.
 *
 * @module
 */
import type { WeightLayout } from "./name_maps/name_map.ts";

/**
 * A kernel `[h, w, in, out]` for other input channels: those of the file in turn, times their number
 * over the new one, so that equal channels give what they gave before; for a single channel their sum
 * (as segmentation_models.pytorch does).
 */
export function withChannels(
  values: Float32Array<ArrayBuffer>,
  { shape, channels }: { shape: readonly number[]; channels: number },
): Float32Array<ArrayBuffer> {
  const [height, width, before, filters] = shape as [number, number, number, number];
  const result = new Float32Array(height * width * channels * filters);
  for (let p = 0; p < height * width; p++) {
    for (let c = 0; c < Math.max(before, channels); c++) {
      const from = (p * before + c % before) * filters;
      const to = (p * channels + c % channels) * filters;
      const isSum = channels === 1;
      if (!isSum && c >= channels) break;
      for (let f = 0; f < filters; f++) {
        if (isSum) result[to + f]! += values[from + f]!;
        else result[to + f] = values[from + f]! * before / channels;
      }
    }
  }
  return result;
}

/** Transposes a tensor of a file into the kernel layout `[h, w, in, out]` of that shape. */
export function fromLayout(
  values: Float32Array<ArrayBuffer>,
  options: { shape: readonly number[]; layout: WeightLayout },
): Float32Array<ArrayBuffer> {
  const { shape, layout } = options;
  // The rows of a dense layer are in the order [h, w, in] already
  if (layout === "same" || layout === "dense" || shape.length !== 4) return values;
  const [height, width, channels, filters] = shape as [number, number, number, number];
  const area = height * width;
  const result = new Float32Array(values.length);
  // [out, in·h·w] and [out, in, h, w] have the same memory order
  let at = 0;
  if (layout === "depthwise") {
    for (let i = 0; i < channels; i++) {
      for (let o = 0; o < filters; o++) {
        for (let p = 0; p < area; p++) result[(p * channels + i) * filters + o] = values[at++]!;
      }
    }
    return result;
  }
  for (let o = 0; o < filters; o++) {
    for (let i = 0; i < channels; i++) {
      for (let p = 0; p < area; p++) result[(p * channels + i) * filters + o] = values[at++]!;
    }
  }
  return result;
}
