import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodePng } from "../../lib/data/codecs/png_encode.ts";

/** What is in the data set. */
export interface ShapesFolder {
  /** Samples of the splits train and val. */
  samples?: { train: number; val?: number };
  /** Classes by name, in order. */
  classes?: readonly string[];
  ignore?: number;
}

/** Writes a data set of the reader `folder` with 32×32 pictures, a square on a ground each. */
export async function shapesFolder(
  dir: string,
  { samples = { train: 4, val: 2 }, classes = ["ground", "square"], ignore = 255 }: ShapesFolder =
    {},
): Promise<string> {
  await writeClasses(dir, { classes, ignore });
  for (const [split, count] of Object.entries(samples)) {
    for (let i = 0; i < count; i++) {
      await writeShape(dir, {
        split,
        name: `${split}-${i}`,
        shade: split === "train" ? i : 20 + i,
      });
    }
  }
  return dir;
}

/** Writes `classes.json`; colours count upwards from `shade`. */
export async function writeClasses(
  dir: string,
  { classes, ignore, shade = 1 }: { classes: readonly string[]; ignore: number; shade?: number },
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const content = {
    classes: classes.map((name, i) => ({ name, color: [shade + i, 0, 0] })),
    ignore,
  };
  await writeFile(join(dir, "classes.json"), JSON.stringify(content));
}

/** Writes one sample; pictures of different `shade` have equal numbers of bytes. */
export async function writeShape(
  dir: string,
  { split, name, shade }: { split: string; name: string; shade: number },
): Promise<void> {
  const isSquare = (i: number): boolean => i % 32 >= 8 && i % 32 < 24 && i >= 256 && i < 768;
  const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (
    isSquare(Math.floor(i / 3)) ? 200 + shade % 50 : 40 + shade % 50
  ));
  const labels = Uint8Array.from({ length: 32 * 32 }, (_, i) => isSquare(i) ? 1 : 0);
  for (const [kind, channels, data] of [["images", 3, pixels], ["labels", 1, labels]] as const) {
    await mkdir(join(dir, split, kind), { recursive: true });
    const png = encodePng({ width: 32, height: 32, channels, data });
    await writeFile(join(dir, split, kind, `${name}.png`), png);
  }
}
