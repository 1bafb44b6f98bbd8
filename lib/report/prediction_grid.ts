/**
 * One picture of a network's predictions: a validation image, its truth and its prediction in a row.
 *
 * @module
 */
import { encodePng } from "../data/codecs/png_encode.ts";
import type { ClassInfo, Dataset } from "../data/dataset.ts";
import type { RunAnalysis } from "./analyse_run.ts";
import { IGNORED, shownPixels } from "./qualitative_grid.ts";

/** Options of {@linkcode predictionGrid}. */
export interface PredictionGridOptions {
  /**
   * Images to show, evenly over those analysed.
   * @default 4
   */
  images?: number;
}

/** White space between and around cells in pixels. */
const GAP = 6;
/** Small images are enlarged by a whole factor, at most to this width or height in pixels. */
const CELL = 192;

/** Pixels in RGB, row-major. */
interface Cell {
  width: number;
  height: number;
  data: Uint8Array;
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

/** Each pixel in its class's colour. */
function colored(labels: Uint8Array, classes: readonly ClassInfo[]): Uint8Array {
  const data = new Uint8Array(labels.length * 3);
  labels.forEach((label, i) => data.set(classes[label]?.color ?? IGNORED, 3 * i));
  return data;
}

/** Cells under and beside each other on white, each in the middle of the largest one's space. */
function layOut(rows: readonly (readonly Cell[])[]): Cell {
  const cells = rows.flat();
  const widest = Math.max(...cells.map((cell) => cell.width));
  const highest = Math.max(...cells.map((cell) => cell.height));
  const factor = Math.max(1, Math.floor(CELL / Math.max(widest, highest)));
  const [stepX, stepY] = [widest * factor + GAP, highest * factor + GAP];
  const columns = Math.max(...rows.map((row) => row.length));
  const [width, height] = [GAP + columns * stepX, GAP + rows.length * stepY];
  const sheet: Cell = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  rows.forEach((row, i) =>
    row.forEach((cell, j) => {
      const left = GAP + j * stepX + ((widest - cell.width) * factor >> 1);
      const top = GAP + i * stepY + ((highest - cell.height) * factor >> 1);
      paste(sheet, cell, { left, top, factor });
    })
  );
  return sheet;
}

/** Copies a cell into the sheet, enlarged by a whole factor. */
function paste(
  sheet: Cell,
  { width, height, data }: Cell,
  { left, top, factor }: { left: number; top: number; factor: number },
): void {
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const from = 3 * (Math.floor(y / factor) * width + Math.floor(x / factor));
      sheet.data.set(data.subarray(from, from + 3), 3 * ((top + y) * sheet.width + left + x));
    }
  }
}
