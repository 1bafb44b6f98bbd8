/**
 * Reader of COCO-Stuff (Caesar et al., CVPR 2018): things and stuff as label PNGs.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, type DatasetReader, requireSplit } from "../dataset.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { indexFolder, isFolder } from "./listing.ts";
import { type FilePair, matchPairs, pairDataset } from "./pair_dataset.ts";
import { classesNamed, namesIn, tableDecoder } from "./published_labels.ts";

/** 80 things and 91 kinds of stuff, in the order of their ids. */
const NAMES = namesIn(`person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic
  light, fire hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant,
  bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports
  ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass,
  cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza,
  donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote,
  keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors,
  teddy bear, hair drier, toothbrush, banner, blanket, branch, bridge, building-other, bush, cabinet,
  cage, cardboard, carpet, ceiling-other, ceiling-tile, cloth, clothes, clouds, counter, cupboard,
  curtain, desk-stuff, dirt, door-stuff, fence, floor-marble, floor-other, floor-stone, floor-tile,
  floor-wood, flower, fog, food-other, fruit, furniture-other, grass, gravel, ground-other, hill,
  house, leaves, light, mat, metal, mirror-stuff, moss, mountain, mud, napkin, net, paper, pavement,
  pillow, plant-other, plastic, platform, playingfield, railing, railroad, river, road, rock, roof,
  rug, salad, sand, sea, shelf, sky-other, skyscraper, snow, solid-other, stairs, stone, straw,
  structural-other, table, tent, textile-other, towel, tree, vegetable, wall-brick, wall-concrete,
  wall-other, wall-panel, wall-stone, wall-tile, wall-wood, water-other, waterdrops, window-blind,
  window-other, wood`);

/** Values of `stuffthingmaps`, ids less 1, that no thing has. */
const UNUSED = new Set([11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90]);
const SUFFIX = "_labelTrainIds";

/**
 * Reads `train2017/NAME.jpg` (also below `images/`) and `stuffthingmaps/train2017/NAME.png`, or the
 * `NAME_labelTrainIds.png` that mmsegmentation's converter writes beside them or into
 * `annotations/train2017`; `val2017` alike (118,287 and 5,000 pairs). 255 is ignored.
 */
export const cocoStuffReader: DatasetReader = {
  name: "coco-stuff",
  summary: "COCO-Stuff, stuffthingmaps or labelTrainIds; 171 classes; splits train, val",
  needsDir: true,
  matches: async (dir) => Object.keys(await findSplits(dir)).length > 0,
  async open({ dir, split }): Promise<Dataset> {
    const splits = await findSplits(dir ?? "");
    const { labelFolder, hasTrainIds } = requireSplit(splits, { split, where: `"${dir}"` })[0]!;
    const name = labelFolder.split(/[\\/]/).at(-1)!;
    const imageFolder = await isFolder(join(dir!, "images", name))
      ? join(dir!, "images", name)
      : join(dir!, name);
    const pairs = await pairsOf({ imageFolder, labelFolder, hasTrainIds }, `split "${split}"`);
    const classes = classesNamed(NAMES);
    return pairDataset({
      name: "coco-stuff",
      split,
      classes,
      ignoreLabel: 255,
      pairs,
      ...(!hasTrainIds && { decode: tableDecoder(rawValues(), "COCO-Stuff's values 0 to 181") }),
    });
  },
};

interface LabelPlace {
  labelFolder: string;
  hasTrainIds: boolean;
}

async function findSplits(dir: string): Promise<Record<string, LabelPlace[]>> {
  const splits: Record<string, LabelPlace[]> = {};
  for (const parent of ["stuffthingmaps", "annotations"]) {
    const folders = await readdir(join(dir, parent)).catch(() => []);
    for (const name of folders.sort()) {
      const labelFolder = join(dir, parent, name);
      const split = splitNameIn(name);
      if (split === null || splits[split] !== undefined || !(await isFolder(labelFolder))) continue;
      const files = await readdir(labelFolder).catch(() => []);
      const hasTrainIds = files.some((file) => file.endsWith(`${SUFFIX}.png`));
      if (hasTrainIds || parent === "stuffthingmaps") {
        splits[split] = [{ labelFolder, hasTrainIds }];
      }
    }
  }
  return splits;
}

async function pairsOf(
  { imageFolder, labelFolder, hasTrainIds }: LabelPlace & { imageFolder: string },
  where: string,
): Promise<FilePair[]> {
  return matchPairs({
    images: await indexFolder(imageFolder, { extensions: [".jpg"] }),
    labels: await indexFolder(labelFolder, {
      extensions: [".png"],
      ...(hasTrainIds && { suffix: SUFFIX }),
    }),
    imageFolder,
    labelFolder,
    where,
  });
}

/** Class of each value of `stuffthingmaps`. */
function rawValues(): Map<number, number> {
  const values = new Map([[255, 255]]);
  let next = 0;
  for (let value = 0; value < 182; value++) if (!UNUSED.has(value)) values.set(value, next++);
  return values;
}
