/**
 * How well a label map lies on a picture: whether its borders are where the picture has edges.
 *
 * @module
 */
import type { LabelMap, RgbImage } from "../dataset.ts";

/** Longest side of the copies that are compared. */
const SIDE = 256;

/**
 * How much stronger the edges of a picture are along the borders of a label map than elsewhere: 1 where
 * both have nothing to do with each other.
 *
 * @returns `null` for a map without a border.
 * @throws {RangeError} If both differ in size.
 */
export function edgeAgreement(image: RgbImage, label: LabelMap): number | null {
  if (image.width !== label.width || image.height !== label.height) {
    throw new RangeError("Cannot compare a picture and a label map of different sizes");
  }
  const step = Math.max(1, Math.ceil(Math.max(image.width, image.height) / SIDE));
  const [width, height] = [Math.floor(image.width / step), Math.floor(image.height / step)];
  if (width < 3 || height < 3) return null;
  const light = shrink(image, { step, width, height });
  const classes = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      classes[i] = label.data[y * step * label.width + x * step]!;
    }
  }
  const edges = new Float64Array(width * height);
  const isBorder = new Uint8Array(width * height);
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const i = y * width + x;
      const here = light[i]!;
      edges[i] = Math.abs(light[i + 1]! - here) + Math.abs(light[i + width]! - here);
      if (classes[i] !== classes[i + 1] || classes[i] !== classes[i + width]) isBorder[i] = 1;
    }
  }
  let [sum, border, count, borders] = [0, 0, 0, 0];
  for (let y = 1; y + 2 < height; y++) {
    for (let x = 1; x + 2 < width; x++) {
      const i = y * width + x;
      // Hand-drawn borders are a pixel off
      let strongest = 0;
      for (let dy = -width; dy <= width; dy += width) {
        for (let dx = -1; dx <= 1; dx++) strongest = Math.max(strongest, edges[i + dy + dx]!);
      }
      sum += strongest;
      count++;
      if (isBorder[i] === 0) continue;
      border += strongest;
      borders++;
    }
  }
  return borders === 0 ? null : (border / borders + 1) / (sum / count + 1);
}

/** Sums of the channels, averaged over squares. */
function shrink(
  { width: own, height: rows, data }: RgbImage,
  { step, width, height }: { step: number; width: number; height: number },
): Float64Array {
  const channels = data.length / (own * rows);
  const light = new Float64Array(width * height);
  for (let y = 0; y < height * step; y++) {
    for (let x = 0; x < width * step; x++) {
      const at = (y * own + x) * channels;
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += data[at + c]!;
      light[Math.floor(y / step) * width + Math.floor(x / step)]! += sum;
    }
  }
  return light.map((value) => value / (step * step));
}
