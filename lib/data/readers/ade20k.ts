/**
 * Reader of ADE20K's scene parsing benchmark (Zhou et al., CVPR 2017), as published.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, type DatasetReader, requireSplit } from "../dataset.ts";
import { IMAGE_EXTENSIONS, indexFolder, isFile, isFolder } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { classesNamed, countedFromOne, namesIn, tableDecoder } from "./published_labels.ts";

/** The 150 classes in index order. */
const NAMES = namesIn(`wall, building, sky, floor, tree, ceiling, road, bed, windowpane, grass,
  cabinet, sidewalk, person, earth, door, table, mountain, plant, curtain, chair, car, water,
  painting, sofa, shelf, house, sea, mirror, rug, field, armchair, seat, fence, desk, rock, wardrobe,
  lamp, bathtub, railing, cushion, base, box, column, signboard, chest of drawers, counter, sand,
  sink, skyscraper, fireplace, refrigerator, grandstand, path, stairs, runway, case, pool table,
  pillow, screen door, stairway, river, bridge, bookcase, blind, coffee table, toilet, flower, book,
  hill, bench, countertop, stove, palm, kitchen island, computer, swivel chair, boat, bar, arcade
  machine, hovel, bus, towel, light, truck, tower, chandelier, awning, streetlight, booth, television
  receiver, airplane, dirt track, apparel, pole, land, bannister, escalator, ottoman, bottle, buffet,
  poster, stage, van, ship, fountain, conveyer belt, canopy, washer, plaything, swimming pool, stool,
  barrel, basket, waterfall, tent, bag, minibike, cradle, oven, ball, food, step, tank, trade name,
  microwave, pot, animal, bicycle, lake, dishwasher, screen, blanket, sculpture, hood, sconce, vase,
  traffic light, tray, ashcan, fan, pier, crt screen, plate, monitor, bulletin board, shower,
  radiator, glass, clock, flag`);

const FOLDERS: Readonly<Record<string, string>> = { train: "training", val: "validation" };

/**
 * Reads `images/training/NAME.jpg` and `annotations/training/NAME.png`, and `validation` alike (20,210
 * and 2,000 pairs); the folder given may be `ADEChallengeData2016` or its parent. Labels count from 1;
 * 0, other objects, is ignored (255).
 */
export const ade20kReader: DatasetReader = {
  name: "ade20k",
  summary: "ADE20K scene parsing, ADEChallengeData2016; 150 classes; splits train, val",
  needsDir: true,
  matches: async (dir) => await findRoot(dir) !== null,
  async open({ dir, split }): Promise<Dataset> {
    const root = await findRoot(dir);
    if (root === null) {
      throw new Error(
        `Cannot open ADE20K data in "${dir}": found no ADEChallengeData2016/annotations/training in it`,
      );
    }
    const splits: Record<string, string[]> = {};
    for (const [name, folder] of Object.entries(FOLDERS)) {
      if (await isFolder(join(root, "annotations", folder))) splits[name] = [folder];
    }
    const [folder] = requireSplit(splits, { split, where: `"${root}"` });
    const imageFolder = join(root, "images", folder!);
    const labelFolder = join(root, "annotations", folder!);
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: IMAGE_EXTENSIONS }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      imageFolder,
      labelFolder,
      where: `split "${split}" of "${root}"`,
    });
    const classes = classesNamed(NAMES);
    const decode = tableDecoder(countedFromOne(NAMES.length), "ADE20K's values 0 to 150");
    return pairDataset({ name: "ade20k", split, classes, ignoreLabel: 255, pairs, decode });
  },
};

/** Others have the same folders with classes of their own: names of ADE's files tell it apart. */
async function findRoot(dir: string | null): Promise<string | null> {
  for (const candidate of dir === null ? [] : [".", "ADEChallengeData2016"]) {
    const root = join(dir!, candidate);
    for (const folder of Object.values(FOLDERS)) {
      const labels = join(root, "annotations", folder);
      if (!(await isFolder(labels)) || !(await isFolder(join(root, "images", folder)))) continue;
      const names = await readdir(labels).catch(() => []);
      const hasList = await isFile(join(root, "objectInfo150.txt"));
      if (hasList || names.some((name) => /^ADE_(train|val)_\d+\.png$/.test(name))) return root;
    }
  }
  return null;
}
