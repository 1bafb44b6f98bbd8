/**
 * Which files `segadv predict` writes: all of them known and free before the first.
 *
 * @module
 */
import { imageFormats, listImages, polygonFormats } from "@segadv/segadv/data";
import { isInsideFolder, outputPath, pathKey } from "@segadv/segadv/util";
import { lstat, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { isVideo } from "./predict_frames.ts";

/** An image, or a video, and where what is made of it goes. */
export interface PredictJob {
  input: string;
  /** Path of what is made of it, without an ending; of a video the folder of its frames. */
  target: string;
}

/** What is made of an image beside its map. */
export interface Outputs {
  overlay?: boolean | undefined;
  confidence?: boolean | undefined;
  /** `png` or `npy`. */
  probabilities?: string | undefined;
  /** Name of a format of polygons. */
  polygons?: string | undefined;
}

/** Options of {@linkcode planOutputs}. */
export interface OutputOptions extends Outputs {
  /** Image files and videos, and folders of images. */
  images: readonly string[];
  out: string;
  overwrite?: boolean | undefined;
}

/**
 * Lists the images, and gives each a place below `out`: that of an image in a folder is its own place
 * below that folder.
 *
 * @throws {UsageError} If there is no image, if two of them would be written to one file, if an image
 * itself would be, or, without `overwrite`, if a file is there already.
 */
export async function planOutputs(options: OutputOptions): Promise<PredictJob[]> {
  const { images, out, overwrite = false } = options;
  const found = (await Promise.all(images.map((path) => imagesAt(path, { out })))).flat();
  const jobs = new Map<string, PredictJob>();
  for (const job of found) jobs.set(`${pathKey(job.input)}\n${pathKey(job.target)}`, job);
  const planned = [...jobs.values()];
  checkCollisions(planned, options);
  await checkExisting(planned, { ...options, overwrite });
  return planned;
}

/** Paths of what is made of an image; `null` where something is not wanted, or not for each image. */
export interface OutputPaths {
  map: string;
  overlay: string | null;
  polygons: string | null;
}

/** Where what is made of an image goes. */
export function outputsOf({ target }: PredictJob, { overlay, polygons }: Outputs): OutputPaths {
  const extension = polygons === undefined ? null : polygonFormats.get(polygons).extension;
  return {
    map: `${target}.png`,
    overlay: overlay === true ? `${target}.overlay.png` : null,
    polygons: extension === null ? null : `${target}${extension}`,
  };
}

/** All paths that a job is known to write; of a video its folder. */
function pathsOf(job: PredictJob, options: OutputOptions): string[] {
  if (isVideo(job.input)) return [job.target];
  const { map, overlay, polygons } = outputsOf(job, options);
  const { confidence, probabilities } = options;
  return [
    map,
    ...overlay === null ? [] : [overlay],
    ...polygons === null ? [] : [polygons],
    ...confidence === true ? [`${job.target}.confidence.png`] : [],
    // The other classes lie beside the first
    ...probabilities === undefined ? [] : [`${job.target}.class-0.${probabilities}`],
  ];
}

/**
 * The image itself, or the images of a folder and its subfolders in the order of their names.
 *
 * @throws {UsageError} If there is no such file or folder, or, without `mayBeEmpty`, no picture in it.
 */
export async function imagesAt(
  path: string,
  { out, mayBeEmpty = false }: { out: string; mayBeEmpty?: boolean },
): Promise<PredictJob[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new UsageError(`There is no image or folder ${path}`);
  if (!found.isDirectory()) return [{ input: path, target: outputPath(path, out) }];
  // What an earlier call wrote below the folder is no image to predict
  const isBelow = pathKey(out) !== pathKey(path) && isInsideFolder(resolve(out), resolve(path));
  const images = (await listImages(path))
    .filter((image) => !isBelow || !isInsideFolder(resolve(image), resolve(out)));
  if (images.length === 0 && !mayBeEmpty) {
    throw new UsageError(`There is no picture in ${path} (${imageFormats.names.join(", ")})`);
  }
  return images.map((input) => ({
    input,
    target: outputPath(input, join(out, relative(path, dirname(input)))),
  }));
}

function checkCollisions(jobs: readonly PredictJob[], options: OutputOptions): void {
  const { out } = options;
  const sources = new Map<string, string>();
  for (const job of jobs) {
    for (const path of pathsOf(job, options)) {
      const other = sources.get(pathKey(path));
      if (other !== undefined) {
        throw new UsageError(
          `${other} and ${job.input} would both be written to ${path}: predict them into folders ` +
            "of their own",
        );
      }
      sources.set(pathKey(path), job.input);
    }
  }
  for (const job of jobs) {
    for (let folder = dirname(job.target); isInsideFolder(resolve(folder), resolve(out));) {
      const other = sources.get(pathKey(folder));
      if (other !== undefined) {
        throw new UsageError(
          `${job.input} would be written into ${folder}, which is the map of ${other}: predict ` +
            "them into folders of their own",
        );
      }
      const parent = dirname(folder);
      if (parent === folder) break;
      folder = parent;
    }
  }
}

/** Files that are in the way. */
async function checkExisting(
  jobs: readonly PredictJob[],
  { overwrite, ...options }: OutputOptions,
): Promise<void> {
  const inputs = new Map<string, string>();
  for (const { input } of jobs) inputs.set(await fileId(input) ?? pathKey(input), input);
  const existing: string[] = [];
  const shared = options.polygons !== undefined &&
      polygonFormats.get(options.polygons).extension === null
    ? [join(options.out, "annotations.json")]
    : [];
  for (const path of [...jobs.flatMap((job) => pathsOf(job, options)), ...shared]) {
    if (!await exists(path)) continue;
    const input = inputs.get(await fileId(path) ?? "");
    if (input !== undefined) {
      throw new UsageError(`${input} would be overwritten: choose another --out`);
    }
    existing.push(path);
  }
  if (existing.length === 0 || overwrite) return;
  const more = existing.length === 1 ? "" : ` and ${existing.length - 1} more`;
  throw new UsageError(
    `${
      existing[0]
    }${more} would be overwritten: choose another --out, or allow it with --overwrite`,
  );
}

/** Whether there is anything, a link that leads nowhere included. */
export async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(() => true, () => false);
}

/** The same for all names of a file: links, and spellings that the file system takes for one. */
async function fileId(path: string): Promise<string | null> {
  return await stat(path, { bigint: true }).then(({ dev, ino }) => `${dev}:${ino}`, () => null);
}
