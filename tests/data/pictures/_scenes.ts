/** Scenes without symmetry: dark ground and a bright block, whose mask is known. */
import { randomStream } from "../../../lib/util/random.ts";
import type { LabelMap, RgbImage } from "../../../lib/data/dataset.ts";

/** A picture and its mask. */
export function scene(
  seed: number,
  { width, height }: { width: number; height: number },
): { image: RgbImage; label: LabelMap } {
  const random = randomStream(seed, "scene");
  const data = new Uint8Array(width * height * 3);
  const label = new Uint8Array(width * height);
  const [left, top] = [1 + random.uniform() * width / 6, 1 + random.uniform() * height / 6];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const isIn = x > left && x < left + width / 3 && y > top && y < top + height / 4;
      label[i] = isIn ? 1 : 0;
      for (let c = 0; c < 3; c++) data[i * 3 + c] = (isIn ? 150 : 20) + random.uniform() * 60;
    }
  }
  return { image: { width, height, data }, label: { width, height, data: label } };
}
