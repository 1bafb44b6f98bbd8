/**
 * One picture of what a configuration's augmentations make of samples.
 *
 * @module
 */
import { shownColors } from "../data/codecs/to_levels.ts";
import type { DataConfig } from "../data/data_config.ts";
import { encodePng } from "../data/codecs/png_encode.ts";
import type { Dataset, Sample } from "../data/dataset.ts";
import { augmentSample, mixBatch } from "../data/transforms/augment.ts";
import { remapLabels } from "../data/transforms/prepare_sample.ts";
import { randomStream } from "../util/random.ts";
import { type Cell, colored, layOut } from "./cells.ts";

/** Options of {@linkcode augmentationSheet}. */
export interface AugmentationSheetOptions {
  /** What is drawn: crop, normalisation (its mean fills borders) and augmentations. */
  config: Pick<DataConfig, "crop" | "augment" | "normalize" | "maxClassShare">;
  /** Seed of the run whose first epoch is shown. @default 0 */
  seed?: number;
  /** Samples to show, spread evenly over the split. @default 4 */
  images?: number;
}

/** A drawn sheet. */
export interface AugmentationSheet {
  /** PNG file. */
  png: Uint8Array;
  /** Names of the samples, each a row of images and one of label maps. */
  samples: string[];
  /** What the columns show. */
  columns: string[];
}

/**
 * Draws samples under each augmentation alone and under all together: a row of images and a row of
 * label maps for each sample, at the size of the crop, without text. The last column is what the
 * first epoch trains on, except that CutMix takes from the next sample shown.
 *
 * @throws {DamagedFileError} If a sample's files are damaged.
 * @example
 * ```ts
 * import { loadConfig, openDataset } from "@segadv/segadv";
 * import { augmentationSheet } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const { data: config } = await loadConfig({ preset: "fixtures" });
 * const dataset = await openDataset("fixtures", { split: "train" });
 * const { columns, samples } = await augmentationSheet(dataset, { config, images: 2 });
 * assert.deepEqual([columns, samples.length], [["crop", "affine"], 2]);
 * ```
 */
export async function augmentationSheet(
  dataset: Dataset,
  { config, seed = 0, images = 4 }: AugmentationSheetOptions,
): Promise<AugmentationSheet> {
  const { augment, crop, normalize: { order, mean } } = config;
  const count = Math.min(images, dataset.ids.length);
  const indices = Array.from(
    { length: count },
    (_, i) => Math.floor(i * dataset.ids.length / count),
  );
  const samples: Sample[] = [];
  for (const index of indices) samples.push(await dataset.read(index));

  const columns = [
    { title: "crop", augment: [] },
    ...augment.map((one) => ({ title: one.name, augment: [one] })),
    ...augment.length > 1 ? [{ title: "all", augment }] : [],
  ].map(({ title, augment }) => {
    const crops = samples.map((sample, i) => {
      const made = augmentSample(sample, {
        ...config,
        augment,
        fill: order === "rgb" ? mean : mean.toReversed(),
        ignoreLabel: dataset.ignoreLabel,
        rng: (...purpose) => randomStream(seed, ...purpose, 0, indices[i]!),
      });
      const where = `sample "${sample.id}"`;
      remapLabels(made.label, { ...dataset, where, width: crop[1] });
      return made;
    });
    mixBatch(crops, {
      augment,
      rng: (i, ...purpose) => randomStream(seed, ...purpose, 0, indices[i]!),
    });
    return { title, crops };
  });

  const rows = samples.flatMap((_, i): Cell[][] => {
    const cells = columns.map(({ crops }) => crops[i]!);
    return [
      cells.map(({ width, height, image, fill }) =>
        shownColors({ width, height, data: image, channels: fill.length })
      ),
      cells.map(({ width, height, label }) => (
        { width, height, data: colored(label, dataset.classes) }
      )),
    ];
  });
  return {
    png: encodePng({ ...layOut(rows), channels: 3 }),
    samples: samples.map(({ id }) => id),
    columns: columns.map(({ title }) => title),
  };
}
