import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseCompressedRle } from "../../lib/data/annotations/rle.ts";
import { unpackRle } from "../../lib/data/annotations/rle_pack.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { ANNOTATION_FOLDERS, compressRle, packRle } from "../support/annotation_folders.ts";
import { writeFiles } from "../support/dataset_folder.ts";
import type { Target } from "./_fuzz_targets.ts";

/** The file of each format that is damaged. */
const FILES: readonly { what: string; file: string }[] = [
  { what: "COCO polygons", file: "annotations/instances_train2017.json" },
  { what: "COCO run lengths", file: "annotations/instances_train2017.json" },
  { what: "COCO compressed run lengths", file: "annotations/instances_train2017.json" },
  { what: "labelme polygons and boxes", file: "train/p0.json" },
  { what: "labelme masks", file: "train/p0.json" },
  { what: "CVAT polygons and boxes", file: "annotations.xml" },
  { what: "CVAT masks", file: "annotations.xml" },
  { what: "CVAT's RGB masks", file: "labelmap.txt" },
  { what: "Label Studio polygons and boxes", file: "train.json" },
  { what: "Label Studio brush strokes", file: "train.json" },
  { what: "YOLO polygons", file: "data.yaml" },
  { what: "YOLO polygons", file: "labels/train/p0.txt" },
  { what: "Supervisely polygons", file: "meta.json" },
  { what: "Supervisely bitmaps", file: "train/ann/p0.png.json" },
];

/** Readers of annotations: whole data sets of which one file is damaged. */
export async function annotationTargets(folder: string): Promise<Target[]> {
  const targets: Target[] = [];
  for (const { what, file } of FILES) {
    const { reader, files } = ANNOTATION_FOLDERS.find((one) => one.what === what)!;
    const dir = join(folder, `fuzzed-${targets.length}`);
    await mkdir(dir);
    writeFiles(dir, files());
    const path = join(dir, file);
    targets.push({
      name: what === "YOLO polygons" ? `YOLO, ${file}` : what,
      corpus: [await readFile(path)],
      async read(bytes) {
        await writeFile(path, bytes);
        const dataset = await openDataset(reader, { dir, split: "train" });
        for (const index of dataset.ids.keys()) await dataset.read(index);
      },
      share: 1,
    });
  }
  const refused = (read: (bytes: Uint8Array) => unknown) => (bytes: Uint8Array): void => {
    try {
      read(bytes);
    } catch (error) {
      // Their readers name the file
      throw error instanceof RangeError ? new RangeError(`Cannot read: ${error.message}`) : error;
    }
  };
  const flat = Uint8Array.from({ length: 64 }, (_, i) => i % 9 < 4 ? 255 : 0);
  return [
    ...targets,
    {
      name: "COCO's string of run lengths",
      corpus: [new TextEncoder().encode(compressRle([6, 1, 40, 4, 5, 4, 5, 4, 21]))],
      read: refused((bytes) => parseCompressedRle(new TextDecoder("latin1").decode(bytes))),
      share: 1,
    },
    {
      name: "rle-pack",
      corpus: [Uint8Array.from(packRle(flat))],
      read: refused((bytes) => unpackRle(bytes, flat.length)),
      share: 1,
    },
  ];
}
