/**
 * Reader of Pascal Context (Mottaghi et al., CVPR 2014) with label PNGs of 59 classes and background.
 *
 * @module
 */
import { join } from "node:path";
import { type Dataset, type DatasetReader, requireSplit } from "../dataset.ts";
import { indexFolder, isFile, isFolder, readList } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { classesNamed, namesIn } from "./published_labels.ts";

/** Background and the 59 most frequent of 459 classes, in the order of their ids. */
const NAMES = namesIn(
  `background, aeroplane, bag, bed, bedclothes, bench, bicycle, bird, boat, book,
  bottle, building, bus, cabinet, car, cat, ceiling, chair, cloth, computer, cow, cup, curtain, dog,
  door, fence, floor, flower, food, grass, ground, horse, keyboard, light, motorbike, mountain, mouse,
  person, plate, platform, pottedplant, road, rock, sheep, shelves, sidewalk, sign, sky, snow, sofa,
  table, track, train, tree, truck, tvmonitor, wall, water, window, wood`,
);

/**
 * Reads the layout that mmsegmentation's converter makes of VOC2010: `JPEGImages`,
 * `SegmentationClassContext` and the lists `ImageSets/SegmentationContext/train.txt` and `val.txt`
 * (4,996 and 5,104 pairs); the folder given may be `VOC2010`, `VOCdevkit` or its parent.
 */
export const pascalContextReader: DatasetReader = {
  name: "pascal-context",
  summary: "Pascal Context, SegmentationClassContext; 59 classes and background; splits train, val",
  needsDir: true,
  matches: async (dir) => await findRoot(dir) !== null,
  async open({ dir, split }): Promise<Dataset> {
    const root = await findRoot(dir);
    if (root === null) {
      throw new Error(
        `Cannot open Pascal Context data in "${dir}": found no VOC2010/SegmentationClassContext in it`,
      );
    }
    const lists: Record<string, string[]> = {};
    for (const name of ["train", "val"]) {
      const file = join(root, "ImageSets", "SegmentationContext", `${name}.txt`);
      if (await isFile(file)) lists[name] = await readList(file);
    }
    const ids = requireSplit(lists, { split, where: `"${root}"` });
    const [imageFolder, labelFolder] = [
      join(root, "JPEGImages"),
      join(root, "SegmentationClassContext"),
    ];
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: [".jpg"] }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      ids,
      imageFolder,
      labelFolder,
      where: `split "${split}" of "${root}"`,
    });
    const classes = classesNamed(NAMES);
    return pairDataset({ name: "pascal-context", split, classes, ignoreLabel: 255, pairs });
  },
};

async function findRoot(dir: string | null): Promise<string | null> {
  for (const candidate of dir === null ? [] : [".", "VOC2010", "VOCdevkit/VOC2010"]) {
    const root = join(dir!, candidate);
    if (await isFolder(join(root, "SegmentationClassContext"))) return root;
  }
  return null;
}
