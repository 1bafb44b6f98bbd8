/**
 * Pictures beside their labels and predictions, as in Figures 4-1 to 4-8 of the thesis.
 *
 * @module
 */
import { shownColors } from "../data/codecs/to_levels.ts";
import { classOrder } from "../data/class_order.ts";
import type { ClassInfo, Dataset } from "../data/dataset.ts";
import { encodePng } from "../data/codecs/png_encode.ts";
import { resizeImage } from "../data/transforms/resize.ts";
import type { PredictedImage, RunAnalysis } from "./analyse_run.ts";

/** One image with the predictions of all runs; pictures are PNG files. */
export interface QualitativeRow {
  id: string;
  image: Uint8Array;
  truth: Uint8Array;
  columns: { run: string; prediction: Uint8Array; mIoU: number }[];
  /** Share of its pixels on which two runs differ, over all pairs; for one run, 1 − mIoU. */
  difference: number;
}

/** Runs with their analyses. */
export interface AnalysedRun {
  name: string;
  /** As of its `RunRecord`. */
  group?: string;
  analysis: RunAnalysis;
}

/** Grey of pixels without a class. */
export const IGNORED: [number, number, number] = [224, 224, 192];

/**
 * Chooses the images on which the runs differ most and draws them, all in the classes of the first.
 *
 * @param dataset The split that the runs were analysed on.
 * @param options How many `rows` to draw.
 * @throws {ClassMismatchError} If runs with images in common have other classes.
 */
export async function qualitativeGrid(
  analysed: readonly AnalysedRun[],
  dataset: Dataset,
  options: { rows: number },
): Promise<QualitativeRow[]> {
  const [first] = analysed;
  if (first === undefined) return [];
  const shared = [...first.analysis.maps].filter(([id, { width, height }]) =>
    analysed.every(({ analysis: { maps } }) =>
      maps.get(id)?.width === width && maps.get(id)?.height === height
    )
  );
  if (shared.length === 0) return [];
  const runs = analysed.map((run) => inClassesOf(first, run));
  const common = shared.map(([id]) => id)
    .map((id) => ({
      id,
      difference: differenceOf(runs.map(({ analysis }) => analysis.maps.get(id)!)),
    }));
  const chosen = common.sort((a, b) => b.difference - a.difference).slice(0, options.rows);
  return await Promise.all(chosen.map(async ({ id, difference }) => {
    const { classes } = first.analysis;
    const shown = first.analysis.maps.get(id)!;
    const { width, height } = shown;
    const data = await shownPixels(dataset, id, shown);
    const image = encodePng({ width, height, channels: 3, data });
    const columns = runs.map(({ name, analysis }) => {
      const map = analysis.maps.get(id)!;
      return { run: name, prediction: labelPng(map, map.prediction, { classes }), mIoU: map.mIoU };
    });
    return { id, image, truth: labelPng(shown, shown.truth, { classes }), columns, difference };
  }));
}

/** A run's maps in the class indices of another. */
function inClassesOf(first: AnalysedRun, run: AnalysedRun): AnalysedRun {
  const named = ({ name, analysis }: AnalysedRun) => ({
    subject: name,
    names: analysis.classes.map((one) => one.name),
  });
  const order = classOrder(named(run), named(first));
  if (order === null) return run;
  const relabel = (labels: Uint8Array): Uint8Array => labels.map((label) => order[label] ?? label);
  const maps = new Map([...run.analysis.maps].map(([id, map]) => {
    const [prediction, truth] = [relabel(map.prediction), relabel(map.truth)];
    return [id, { ...map, prediction, truth }];
  }));
  const { classes } = first.analysis;
  return { ...run, analysis: { ...run.analysis, classes, maps } };
}

/** Mean share of different pixels over pairs; of one map, what it lacks. */
function differenceOf(maps: readonly PredictedImage[]): number {
  if (maps.length === 1) return 1 - maps[0]!.mIoU;
  let different = 0;
  let pairs = 0;
  for (let i = 0; i < maps.length; i++) {
    for (let j = i + 1; j < maps.length; j++) {
      const [a, b] = [maps[i]!, maps[j]!];
      for (let k = 0; k < a.truth.length; k++) {
        if (a.truth[k] === 255) continue;
        pairs++;
        if (a.prediction[k] !== b.prediction[k]) different++;
      }
    }
  }
  return pairs === 0 ? 0 : different / pairs;
}

/** An image of a data set at the size it is shown at: RGB, row-major. */
export async function shownPixels(
  dataset: Dataset,
  id: string,
  { width, height }: { width: number; height: number },
): Promise<Uint8Array> {
  const { image } = await dataset.read(dataset.ids.indexOf(id));
  return Uint8Array.from(
    resizeImage(shownColors(image), [height, width]),
    (value) => Math.round(value),
  );
}

function labelPng(
  { width, height }: { width: number; height: number },
  map: Uint8Array,
  { classes }: { classes: readonly ClassInfo[] },
): Uint8Array {
  const palette = Uint8Array.from([...classes.map(({ color }) => color), IGNORED].flat());
  const data = map.map((label) => Math.min(label, classes.length));
  return encodePng({ width, height, channels: 1, data, palette });
}
