import type { RgbImage } from "../data/dataset.ts";

/** Shrinks an image to a width at most `width` by the mean of the pixels that fall into each. */
export function thumbnail(image: RgbImage, width: number): RgbImage {
  if (image.width <= width) return image;
  const height = Math.max(1, Math.round(image.height * width / image.width));
  const data = new Uint8Array(width * height * 3);
  const columns = bounds(image.width, width);
  const rows = bounds(image.height, height);
  const sums = new Float64Array(width * 3);
  for (let y = 0, at = 0; y < height; y++) {
    sums.fill(0);
    const [top, bottom] = [rows[y]!, rows[y + 1]!];
    for (let row = top; row < bottom; row++) addRow(image, row, { columns, sums });
    for (let x = 0; x < width; x++) {
      const pixels = (columns[x + 1]! - columns[x]!) * (bottom - top);
      for (let c = 0; c < 3; c++) data[at++] = Math.round(sums[x * 3 + c]! / pixels);
    }
  }
  return { width, height, data };
}

/** Adds a row's pixels to the sums of the columns they fall into. */
function addRow(
  { width, data }: RgbImage,
  row: number,
  { columns, sums }: { columns: Int32Array; sums: Float64Array },
): void {
  let from = row * width * 3;
  for (let x = 0; x + 1 < columns.length; x++) {
    for (let left = columns[x + 1]! - columns[x]!; left > 0; left--) {
      sums[x * 3]! += data[from++]!;
      sums[x * 3 + 1]! += data[from++]!;
      sums[x * 3 + 2]! += data[from++]!;
    }
  }
}

/** Where each of `to` equal parts of `from` pixels begins, and the end. */
function bounds(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to + 1 }, (_, i) => Math.round(i * from / to));
}
