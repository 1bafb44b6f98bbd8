/**
 * The data sets of the suite `data`: real files, each listed so often that an epoch takes seconds.
 * Workers import this module to open them too.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Dataset } from "../lib/data/dataset.ts";
import { CITYSCAPES_CLASSES, decodeLabelIds } from "../lib/data/readers/cityscapes.ts";
import { type FilePair, pairDataset } from "../lib/data/readers/pair_dataset.ts";
import { VOC_CLASSES } from "../lib/data/readers/voc.ts";
import { datasetReaders } from "../lib/data/registry.ts";

/** VOC photographs with labels: JPEG of about 500×375. */
export function vocPairs(data: string): FilePair[] {
  const root = join(data, "formats/voc/VOCdevkit/VOC2012");
  return listed(join(root, "JPEGImages"), ".jpg").map((id) => ({
    id,
    image: join(root, "JPEGImages", `${id}.jpg`),
    label: join(root, "SegmentationClassAug", `${id}.png`),
  })).filter(({ label }) => existsSync(label));
}

/** CityScapes frames with labels: RGB PNG of 2048×1024. */
export function cityscapesPairs(data: string): FilePair[] {
  const root = join(data, "formats/cityscapes");
  const suffix = "_leftImg8bit.png";
  return ["train", "val"].flatMap((split) => {
    const photos = join(root, "leftImg8bit", split);
    const cities = existsSync(photos) ? readdirSync(photos).sort() : [];
    return cities.flatMap((city) =>
      listed(join(photos, city), suffix).map((id) => ({
        id,
        image: join(photos, city, `${id}${suffix}`),
        label: join(root, "gtFine", split, city, `${id}_gtFine_labelIds.png`),
      }))
    );
  }).filter(({ label }) => existsSync(label));
}

function listed(folder: string, ending: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
}

/** The pairs over and over, at least `count` in all. */
export function repeated(pairs: FilePair[], count: number): FilePair[] {
  return Array.from({ length: Math.ceil(count / pairs.length) }, () => pairs).flat();
}

const KINDS = {
  "bench-voc": { pairs: vocPairs, classes: VOC_CLASSES },
  "bench-cityscapes": {
    pairs: cityscapesPairs,
    classes: CITYSCAPES_CLASSES,
    decode: decodeLabelIds,
  },
};

for (const [name, { pairs, ...kind }] of Object.entries(KINDS)) {
  if (datasetReaders.has(name)) continue;
  datasetReaders.register({
    name,
    summary: "files of the benchmark; the split is the least number of samples",
    needsDir: true,
    module: import.meta.url,
    matches: () => Promise.resolve(false),
    open({ dir, split }): Promise<Dataset> {
      const all = repeated(pairs(dir!), Number(split));
      return Promise.resolve(pairDataset({ name, split, ignoreLabel: 255, pairs: all, ...kind }));
    },
  });
}
