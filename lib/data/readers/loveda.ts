/**
 * Reader of LoveDA (Wang et al., NeurIPS 2021), as published.
 *
 * @module
 */
import { join } from "node:path";
import { type ClassInfo, type Dataset, type DatasetReader, requireSplit } from "../dataset.ts";
import { indexFolder, isFolder } from "./listing.ts";
import { type FilePair, matchPairs, pairDataset } from "./pair_dataset.ts";
import { countedFromOne, tableDecoder } from "./published_labels.ts";

const CLASSES: ClassInfo[] = [
  { name: "background", color: [255, 255, 255] },
  { name: "building", color: [255, 0, 0] },
  { name: "road", color: [255, 255, 0] },
  { name: "water", color: [0, 0, 255] },
  { name: "barren", color: [159, 129, 183] },
  { name: "forest", color: [0, 255, 0] },
  { name: "agricultural", color: [255, 195, 128] },
];
const FOLDERS: Readonly<Record<string, string>> = { train: "Train", val: "Val", test: "Test" };
const AREAS = ["Rural", "Urban"];

/**
 * Reads `Train/Urban/images_png/NAME.png` and `Train/Urban/masks_png/NAME.png`, `Rural` and `Val` alike
 * (2,522 and 1,669 pairs). Labels count from 1; 0, no data, is ignored (255).
 */
export const lovedaReader: DatasetReader = {
  name: "loveda",
  summary: "LoveDA, Urban and Rural; 7 classes; splits train, val",
  needsDir: true,
  matches: async (dir) => Object.keys(await findSplits(dir)).length > 0,
  async open({ dir, split }): Promise<Dataset> {
    const places = requireSplit(await findSplits(dir ?? ""), { split, where: `"${dir}"` });
    const pairs: FilePair[] = [];
    for (const { area, folder } of places) {
      const [imageFolder, labelFolder] = [join(folder, "images_png"), join(folder, "masks_png")];
      const own = matchPairs({
        images: await indexFolder(imageFolder, { extensions: [".png"] }),
        labels: await indexFolder(labelFolder, { extensions: [".png"] }),
        imageFolder,
        labelFolder,
        where: `split "${split}" of "${dir}"`,
      });
      pairs.push(...own.map((pair) => ({ ...pair, id: `${area}/${pair.id}` })));
    }
    const decode = tableDecoder(countedFromOne(CLASSES.length), "LoveDA's values 0 to 7");
    return pairDataset({
      name: "loveda",
      split,
      classes: CLASSES,
      ignoreLabel: 255,
      pairs,
      decode,
    });
  },
};

async function findSplits(
  dir: string,
): Promise<Record<string, { area: string; folder: string }[]>> {
  const splits: Record<string, { area: string; folder: string }[]> = {};
  for (const [split, name] of Object.entries(FOLDERS)) {
    for (const area of AREAS) {
      const folder = join(dir, name, area);
      if (await isFolder(join(folder, "masks_png")) && await isFolder(join(folder, "images_png"))) {
        (splits[split] ??= []).push({ area, folder });
      }
    }
  }
  return splits;
}
