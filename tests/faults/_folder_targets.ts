import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassMismatchError } from "../../lib/data/class_order.ts";
import { decodeMask } from "../../lib/data/encodings/mask_raster.ts";
import { maskFacts } from "../../lib/data/encodings/mask_facts.ts";
import { findClasses } from "../../lib/data/layout/classes_files.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { type Content, labels, picture, writeFiles } from "../support/dataset_folder.ts";
import type { Target } from "./_fuzz_targets.ts";

/** Lists of classes as programs write them. */
const CLASSES: Readonly<Record<string, string>> = {
  "class_dict.csv": 'name,r,g,b\nground,0,0,0\n"red, dark",220,40,40\n',
  "labelmap.txt": "# label:color_rgb:parts:actions\nground:0,0,0::\nred:220,40,40::\n",
  "_classes.csv": "Pixel Value, Class\n0, ground\n1, red\n",
  "label_colors.txt": "0 0 0\tground\n220 40 40\tred\n",
  "labels.txt": "__ignore__\n_background_\nred\n",
};

/** Files that say how a data set is read. */
const FOLDERS: readonly { name: string; reader: string; file: string; files: () => Files }[] = [
  {
    name: "list of a folder",
    reader: "folder",
    file: "train.txt",
    files: () => ({
      ...pairs("images", "labels"),
      "classes.json": { classes: ["a", "b"] },
      "train.txt": "a\nimages/b.png labels/b.png\r\n/x/images/c.png,/x/labels/c.png\n",
    }),
  },
  {
    name: "list of VOC",
    reader: "voc",
    file: "ImageSets/Segmentation/train.txt",
    files: () => ({
      ...pairs("JPEGImages", "SegmentationClass", ".jpg"),
      "ImageSets/Segmentation/train.txt": "a\nb\n",
    }),
  },
  {
    name: "COCO panoptic",
    reader: "coco-panoptic",
    file: "annotations/panoptic_train2017.json",
    files: () => ({
      "annotations/panoptic_train2017.json": {
        images: [{ id: 9, file_name: "a.jpg", width: 4, height: 2 }],
        annotations: [{
          image_id: 9,
          file_name: "a.png",
          segments_info: [{ id: 0x010101, category_id: 5, iscrowd: 0 }],
        }],
        categories: [{ id: 5, name: "car" }],
      },
      "annotations/panoptic_train2017/a.png": picture(4, 2, 1),
      "train2017/a.jpg": picture(4, 2),
    }),
  },
  {
    name: "Mapillary's config",
    reader: "mapillary",
    file: "config_v2.0.json",
    files: () => ({
      "config_v2.0.json": { labels: [{ name: "a--b", readable: "B", color: [1, 2, 3] }] },
      "training/images/a.jpg": picture(4, 2),
      "training/v2.0/labels/a.png": labels(4, 2),
    }),
  },
];

type Files = Record<string, Content>;

function pairs(images: string, masks: string, extension = ".png"): Files {
  return Object.fromEntries(["a", "b", "c"].flatMap((name) => [
    [`${images}/${name}${extension}`, picture(4, 2)],
    [`${masks}/${name}.png`, labels(4, 2, { values: [0, 1] })],
  ]));
}

/** Readers of what stands beside masks, and of masks in other formats than PNG. */
export async function folderTargets(
  folder: string,
  masks: Readonly<Record<string, Uint8Array[]>>,
): Promise<Target[]> {
  const encoder = new TextEncoder();
  const targets: Target[] = Object.entries(masks).map(([format, corpus]) => ({
    name: `masks as ${format}`,
    corpus,
    read: async (bytes) => maskFacts(await decodeMask(bytes, { file: "fuzzed" })),
    share: 2,
  }));
  const lists = join(folder, "class-lists");
  await mkdir(lists);
  for (const [name, text] of Object.entries(CLASSES)) {
    targets.push({
      name,
      corpus: [encoder.encode(text)],
      async read(bytes) {
        await writeFile(join(lists, name), bytes);
        try {
          await findClasses(lists, [name]);
        } catch (error) {
          // Two classes of one name are refused as everywhere
          if (!(error instanceof ClassMismatchError)) throw error;
        }
      },
      share: 1,
    });
  }
  for (const { name, reader, file, files } of FOLDERS) {
    const dir = join(folder, `folder-${targets.length}`);
    await mkdir(dir);
    const content = files();
    writeFiles(dir, content);
    const good = content[file]!;
    targets.push({
      name,
      corpus: [encoder.encode(typeof good === "string" ? good : JSON.stringify(good))],
      async read(bytes) {
        await writeFile(join(dir, file), bytes);
        const dataset = await openDataset(reader, { dir, split: "train" });
        for (const index of dataset.ids.keys()) await dataset.read(index);
      },
      share: 1,
    });
  }
  return targets;
}
