/**
 * Which files `segadv predict` writes: all of them known and free before the first.
 *
 * @module
 */
import { imageFormats, listImages } from "@segadv/segadv/data";
import { isInsideFolder, outputPath, pathKey } from "@segadv/segadv/util";
import { lstat, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { UsageError } from "../errors.ts";

/** An image and what is made of it. */
export interface PredictJob {
  input: string;
  /** Path of the label map. */
  map: string;
  /** Path of the overlay; `null` where none is wanted. */
  overlay: string | null;
}

/** Options of {@linkcode planOutputs}. */
export interface OutputOptions {
  /** Image files, and folders of them. */
  images: readonly string[];
  out: string;
  overlay?: boolean | undefined;
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
  const { images, out, overlay = false, overwrite = false } = options;
  const found = (await Promise.all(images.map((path) => imagesAt(path, out)))).flat();
  const jobs = new Map<string, PredictJob>();
  for (const { input, target } of found) {
    const key = `${pathKey(input)}\n${pathKey(target)}`;
    const overlayPath = overlay ? `${target}.overlay.png` : null;
    jobs.set(key, { input, map: `${target}.png`, overlay: overlayPath });
  }
  const planned = [...jobs.values()];
  checkCollisions(planned, out);
  await checkExisting(planned, { overwrite });
  return planned;
}

/** Paths of what is made of an image. */
export function outputsOf({ map, overlay }: PredictJob): string[] {
  return overlay === null ? [map] : [map, overlay];
}

/** An image and its place below the output folder, without an ending. */
interface FoundImage {
  input: string;
  target: string;
}

/** The image itself, or the images of a folder and its subfolders in the order of their names. */
async function imagesAt(path: string, out: string): Promise<FoundImage[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new UsageError(`There is no image or folder ${path}`);
  if (!found.isDirectory()) return [{ input: path, target: outputPath(path, out) }];
  // What an earlier call wrote below the folder is no image to predict
  const isBelow = pathKey(out) !== pathKey(path) && isInsideFolder(resolve(out), resolve(path));
  const images = (await listImages(path))
    .filter((image) => !isBelow || !isInsideFolder(resolve(image), resolve(out)));
  if (images.length === 0) {
    throw new UsageError(`There is no picture in ${path} (${imageFormats.names.join(", ")})`);
  }
  return images.map((input) => ({
    input,
    target: outputPath(input, join(out, relative(path, dirname(input)))),
  }));
}

function checkCollisions(jobs: readonly PredictJob[], out: string): void {
  const sources = new Map<string, string>();
  for (const job of jobs) {
    for (const path of outputsOf(job)) {
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
    for (let folder = dirname(job.map); isInsideFolder(resolve(folder), resolve(out));) {
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
  { overwrite }: { overwrite: boolean },
): Promise<void> {
  const inputs = new Map<string, string>();
  for (const { input } of jobs) inputs.set(await fileId(input) ?? pathKey(input), input);
  const existing: string[] = [];
  for (const path of jobs.flatMap(outputsOf)) {
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
