/**
 * Weights in fewer bits than float32, as exported files hold them.
 *
 * @module
 */

/** How a file holds the kernels of a network; biases and norms stay float32. */
export type WeightStorage = "float32" | "float16" | "int8";

const word = new Float32Array(1);
const bitsOfWord = new Uint32Array(word.buffer);

/**
 * Bits of float16, rounded to the nearest, ties to even.
 *
 * @returns `null` if a value is beyond float16's largest, 65504.
 */
export function float16Bits(values: Float32Array): Uint16Array | null {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    word[0] = values[i]!;
    const all = bitsOfWord[0]!;
    const sign = (all >>> 16) & 0x8000;
    const magnitude = all & 0x7fffffff;
    if (magnitude >= 0x477ff000) return null;
    bits[i] = sign |
      (magnitude < 0x38800000
        ? nearestEven(Math.abs(values[i]!) * 2 ** 24)
        : (magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000) >>> 13);
  }
  return bits;
}

function nearestEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Values as `codes · scale` with one scale for each index of an axis. */
export interface Int8Channels {
  codes: Int8Array;
  scales: Float32Array;
}

/** Codes from -127 to 127; a channel's largest magnitude gets ±127. */
export function int8Channels(
  values: Float32Array,
  { shape, axis }: { shape: readonly number[]; axis: number },
): Int8Channels {
  const below = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const channels = shape[axis]!;
  const scales = new Float32Array(channels);
  const channelOf = (i: number): number => Math.floor(i / below) % channels;
  for (let i = 0; i < values.length; i++) {
    const channel = channelOf(i);
    scales[channel] = Math.max(scales[channel]!, Math.abs(values[i]!));
  }
  for (let i = 0; i < channels; i++) scales[i] = scales[i] === 0 ? 1 : scales[i]! / 127;
  const codes = Int8Array.from(values, (value, i) => {
    return Math.max(-127, Math.min(127, Math.round(value / scales[channelOf(i)]!)));
  });
  return { codes, scales };
}
