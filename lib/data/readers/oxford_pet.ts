/**
 * Reader of the Oxford-IIIT Pet Dataset (Parkhi et al., CVPR 2012), as published.
 *
 * @module
 */
import { join } from "node:path";
import { readBytes } from "../codecs/read_bytes.ts";
import { type Dataset, type DatasetReader, requireSplit } from "../dataset.ts";
import type { DataHints } from "../layout/folder_layout.ts";
import { drawValidation, type SplitSample } from "../layout/split_rule.ts";
import { indexFolder, isFile, isFolder } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { classesNamed, tableDecoder } from "./published_labels.ts";

/**
 * Reads `images/NAME.jpg` and `annotations/trimaps/NAME.png`; the folder given may be that of both or
 * its parent. Splits are the lists `trainval.txt` (3,680) and `test.txt` (3,669); `train` and `val` are
 * four fifths and one fifth of `trainval`. Value 1 is the pet, 2 the background; 3, the border, is
 * ignored (255).
 */
export const oxfordPetReader: DatasetReader = {
  name: "oxford-pet",
  summary: "Oxford-IIIT Pet trimaps; pet and background; splits train, val, trainval, test",
  needsDir: true,
  matches: async (dir) => await findRoot(dir) !== null,
  async open({ dir, split, hints = {} }): Promise<Dataset> {
    const root = await findRoot(dir);
    if (root === null) {
      throw new Error(
        `Cannot open Oxford-IIIT Pet data in "${dir}": found no annotations/trimaps in it`,
      );
    }
    const ids = requireSplit(await readLists(root, hints), { split, where: `"${root}"` });
    const [imageFolder, labelFolder] = [join(root, "images"), join(root, "annotations", "trimaps")];
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: [".jpg"] }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      ids,
      imageFolder,
      labelFolder,
      where: `split "${split}" of "${root}"`,
    });
    const classes = classesNamed(["background", "pet"]);
    const decode = tableDecoder(new Map([[1, 1], [2, 0], [3, 255]]), "the trimaps' values 1 to 3");
    return pairDataset({ name: "oxford-pet", split, classes, ignoreLabel: 255, pairs, decode });
  },
};

async function findRoot(dir: string | null): Promise<string | null> {
  for (const candidate of dir === null ? [] : [".", "oxford-iiit-pet"]) {
    const root = join(dir!, candidate);
    const isThere = await isFolder(join(root, "annotations", "trimaps"));
    if (isThere && await isFolder(join(root, "images"))) return root;
  }
  return null;
}

/** The first word of each line; without lists all trimaps are `trainval`. */
async function readLists(root: string, hints: DataHints): Promise<Record<string, string[]>> {
  const lists: Record<string, string[]> = {};
  for (const name of ["trainval", "test"]) {
    const file = join(root, "annotations", `${name}.txt`);
    if (!(await isFile(file))) continue;
    const text = new TextDecoder().decode(await readBytes(file));
    lists[name] = text.split(/\r\n|\n|\r/).map((line) => line.trim().split(/\s+/)[0]!)
      .filter((name) => name !== "" && !name.startsWith("#"));
  }
  lists.trainval ??= [
    ...(await indexFolder(join(root, "annotations", "trimaps"), { extensions: [".png"] })).keys(),
  ];
  const drawn = new Set(drawValidation(lists.trainval.map(undivided), hints));
  lists.train = lists.trainval.filter((name) => !drawn.has(name));
  lists.val = lists.trainval.filter((name) => drawn.has(name));
  return lists;
}

/** Without what its label holds, which is not read for this. */
function undivided(name: string): SplitSample {
  return { name, present: [] };
}
