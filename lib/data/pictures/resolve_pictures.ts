/**
 * How the pictures of a data set are read: what `auto` in `data.orientation` and `data.range` comes to.
 *
 * @module
 */
import type { PictureOptions, ValueRange } from "../codecs/raster.ts";
import { chooseRange, type ValueFacts } from "../codecs/to_levels.ts";
import type { Dataset } from "../dataset.ts";
import { chooseOrientation, type TurnedPicture } from "./choose_orientation.ts";
import { scanPictures } from "../scan/scan_pictures.ts";

/** How the pictures of a data set are to be read; part of the section `data`. */
export interface PictureConfig {
  orientation: "auto" | "apply" | "ignore";
  range: "auto" | ValueRange | null;
  channels: number;
}

/** The same without a question left. */
export interface ResolvedPictures extends PictureConfig {
  orientation: "apply" | "ignore";
  /** `null`: no picture has more than 8 bits. */
  range: ValueRange | null;
}

/** What was found out, and a line for each thing that a user should know. */
export interface PictureFindings {
  pictures: ResolvedPictures;
  notices: string[];
}

/**
 * Finds out how the pictures of a data set are read, from all of its splits together.
 *
 * @param datasets Splits of it.
 * @param config Its `dir` is the folder whose facts are kept between calls.
 * @throws {DataQuestionError} If it cannot be found out; names the settings that decide.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { resolvePictures } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const splits = [await openDataset("fixtures", { split: "train" })];
 * const auto = { orientation: "auto", range: "auto", channels: 3 } as const;
 * const { pictures } = await resolvePictures(splits, auto);
 * assert.deepEqual(pictures, { orientation: "apply", range: null, channels: 3 });
 * ```
 */
export async function resolvePictures(
  datasets: readonly Dataset[],
  config: PictureConfig & { dir?: string | null },
): Promise<PictureFindings> {
  const { orientation, range, channels } = config;
  if (orientation !== "auto" && range !== "auto") {
    return { pictures: { orientation, range, channels }, notices: [] };
  }
  const turned: TurnedPicture[] = [];
  let values: ValueFacts | null = null;
  let [count, deep] = [0, 0];
  for (const dataset of datasets) {
    if (dataset.files === undefined) continue;
    const paths = dataset.ids.map((_, index) => dataset.files!(index).image);
    for (const [index, fact] of (await scanPictures(config.dir ?? null, paths)).entries()) {
      count++;
      if (fact.orientation > 1) turned.push({ dataset, index, ...fact });
      if (fact.values === null) continue;
      deep++;
      values = values === null ? fact.values : joined(values, fact.values);
    }
  }
  const notices: string[] = [];
  let chosen = orientation;
  if (chosen === "auto") {
    const found = turned.length === 0 ? null : await chooseOrientation(turned);
    chosen = found?.orientation ?? "apply";
    if (found !== null) notices.push(describeOrientation(found, { turned: turned.length, count }));
  }
  const ownRange = range === "auto" ? values === null ? null : chooseRange(values) : range;
  if (range === "auto" && values !== null) {
    notices.push(
      `${deep} of ${count} pictures have more than 8 bits, values ${values.low} to ` +
        `${values.high}: ${ownRange!.join(" to ")} become 0 to 255 (data.range)`,
    );
  }
  return { pictures: { orientation: chosen, range: ownRange, channels }, notices };
}

function joined(a: ValueFacts, b: ValueFacts): ValueFacts {
  return {
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
    isFloat: a.isFloat || b.isFloat,
  };
}

function describeOrientation(
  { orientation, by }: { orientation: "apply" | "ignore"; by: "size" | "edges" | "nothing" },
  { turned, count }: { turned: number; count: number },
): string {
  const why = by === "nothing"
    ? ""
    : `, as ${by === "size" ? "the sizes" : "the edges"} of their masks show`;
  const how = orientation === "apply" ? "are turned upright" : "are taken as stored";
  return `${turned} of ${count} pictures have an EXIF orientation and ${how}${why} ` +
    "(data.orientation)";
}

/** A view of a data set whose pictures are read so; what is `auto` is found out at the first read. */
export function readPicturesAs(
  dataset: Dataset,
  config: PictureConfig & { dir?: string | null },
): Dataset {
  let resolving: Promise<PictureOptions> | undefined;
  const resolve = async (): Promise<PictureOptions> => {
    return (await resolvePictures([dataset], config)).pictures;
  };
  return {
    ...dataset,
    async read(index, pictures) {
      if (pictures !== undefined) return await dataset.read(index, pictures);
      resolving ??= resolve();
      return await dataset.read(index, await resolving);
    },
  };
}
