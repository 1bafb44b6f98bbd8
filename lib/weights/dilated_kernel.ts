/**
 * Depthwise kernels that are stored with zeros between their taps, as tfjs's depthwise layer has no
 * dilation.
 *
 * @module
 */

/**
 * The dilation d with which a kernel `wanted` `[k, k, c, m]` was spread to `stored` `[K, K, c, m]`,
 * K = (k − 1)·d + 1; `null` where it was not.
 */
export function dilationOf(stored: readonly number[], wanted: readonly number[]): number | null {
  const [height, width, ...rest] = stored;
  const [side = 0, , ...others] = wanted;
  if (wanted.length !== 4 || stored.length !== 4 || height !== width || side !== wanted[1]) {
    return null;
  }
  if (rest.join() !== others.join() || side < 2 || height! <= side) return null;
  const dilation = (height! - 1) / (side - 1);
  return Number.isInteger(dilation) ? dilation : null;
}

/** The taps `[k, k, c, m]` of a kernel that is spread by a dilation. */
export function takeTaps(
  values: Float32Array,
  { shape, dilation }: { shape: readonly number[]; dilation: number },
): Float32Array<ArrayBuffer> {
  const [side, , channels, multiplier] = shape as [number, number, number, number];
  const length = channels * multiplier;
  const stored = (side - 1) * dilation + 1;
  const taps = new Float32Array(side * side * length);
  for (let tap = 0; tap < side * side; tap++) {
    const at = Math.floor(tap / side) * dilation * stored + (tap % side) * dilation;
    taps.set(values.subarray(at * length, (at + 1) * length), tap * length);
  }
  return taps;
}
