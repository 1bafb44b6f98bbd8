/**
 * One picture of a network's predictions: a validation image, its truth and its prediction in a row.
 *
 * @module
 */
import { encodePng } from "../data/codecs/png_encode.ts";
import type { Dataset } from "../data/dataset.ts";
import type { RunAnalysis } from "./analyse_run.ts";
import { type Cell, colored, layOut } from "./cells.ts";
import { shownPixels } from "./qualitative_grid.ts";

/** Options of {@linkcode predictionGrid}. */
export interface PredictionGridOptions {
  /**
   * Images to show, evenly over those analysed.
   * @default 4
   */
  images?: number;
}

/**
 * Draws images in rows of three cells: image, truth, prediction, without text. Classes have the data
 * set's colours, ignored pixels a light grey. Which images are shown depends on their number alone.
 *
 * @param dataset The split that the run was analysed on.
 * @returns A PNG file.
 * @throws {RangeError} If no image was analysed.
 * @example
 * ```ts
 * import { loadConfig, openDataset, train } from "@segadv/segadv";
 * import { decodePng } from "@segadv/segadv/data";
 * import { analyseRun, predictionGrid } from "@segadv/segadv/report";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const out = join(await mkdtemp(join(tmpdir(), "segadv-")), "run");
 * const overrides = ["backend=wasm", "train.maxSteps=1", "data.crop=[32,32]", "data.batch=1"];
 * await train(await loadConfig({ preset: "fixtures", overrides }), { out });
 * const split = await openDataset("fixtures", { split: "val" });
 * const png = await predictionGrid(await analyseRun(out, { images: 2 }), split);
 * assert.equal(decodePng(png, { file: "predictions.png" }).width, 3 * 192 + 4 * 6);
 * ```
 */
export async function predictionGrid(
  analysis: RunAnalysis,
  dataset: Dataset,
  { images = 4 }: PredictionGridOptions = {},
): Promise<Uint8Array> {
  const analysed = [...analysis.maps];
  if (analysed.length === 0) {
    throw new RangeError(`Cannot draw predictions on ${dataset.split}: no image was analysed`);
  }
  const count = Math.min(images, analysed.length);
  const chosen = Array.from({ length: count }, (_, i) => {
    return analysed[Math.floor(i * analysed.length / count)]!;
  });
  const rows = await Promise.all(chosen.map(async ([id, map]): Promise<Cell[]> => {
    const { width, height, truth, prediction } = map;
    const labels = [truth, prediction].map((one) => colored(one, analysis.classes));
    return [await shownPixels(dataset, id, map), ...labels]
      .map((data) => ({ width, height, data }));
  }));
  return encodePng({ ...layOut(rows), channels: 3 });
}
