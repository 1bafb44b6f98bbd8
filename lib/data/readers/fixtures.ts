/**
 * The data set inside the package: coloured shapes on textured ground, for first runs and tests.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  type ClassInfo,
  type Dataset,
  type DatasetReader,
  requireSplit,
  type Sample,
} from "../dataset.ts";
import { decodeImage, decodeLabel } from "../codecs/decode.ts";
import { vocPalette } from "./voc_palette.ts";

/** Classes of the fixture set, in index order, in VOC's colours. */
export const FIXTURE_CLASSES: ClassInfo[] = ["background", "disc", "square", "triangle", "ring"]
  .map((name, i) => ({ name, color: [...vocPalette(5).subarray(i * 3, i * 3 + 3)] as Color }));
type Color = ClassInfo["color"];

/** Sample names of each split of the fixture set: 24, 8 and 8. */
export const FIXTURE_SPLITS: Record<string, string[]> = {
  train: names(0, 24),
  val: names(24, 8),
  test: names(32, 8),
};

function names(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `shapes_${String(first + i).padStart(2, "0")}`);
}

/** Reader of the embedded fixture set: 64×64 JPEG and palette PNG, 255 to be ignored. */
export const fixturesReader: DatasetReader = {
  name: "fixtures",
  summary: "40 small images of coloured shapes, embedded",
  needsDir: false,
  matches: () => Promise.resolve(false),
  async open({ split }): Promise<Dataset> {
    const ids = requireSplit(FIXTURE_SPLITS, { split, where: "fixtures" });
    // Loaded on demand: runs on other data never pay for these bytes.
    const { FIXTURE_FILES } = await import("./fixture_files.ts");
    const bytes = (path: string): Uint8Array => Buffer.from(FIXTURE_FILES[path]!, "base64");
    return {
      name: "fixtures",
      split,
      classes: FIXTURE_CLASSES,
      ignoreLabel: 255,
      ids,
      async read(index): Promise<Sample> {
        const id = ids[index];
        if (id === undefined) {
          throw new RangeError(`Cannot read sample ${index} of ${ids.length} in split "${split}"`);
        }
        const files = { image: `JPEGImages/${id}.jpg`, label: `SegmentationClass/${id}.png` };
        const image = await decodeImage(bytes(files.image), { file: files.image });
        return { id, image, label: decodeLabel(bytes(files.label), { file: files.label }) };
      },
    };
  },
};
