/**
 * `segadv predict`: label maps of images, as palette PNGs.
 *
 * @module
 */
import { type ClassInfo, type LabelMap, predict, type RgbImage } from "@segadv/segadv";
import {
  type BenchmarkFormat,
  benchmarkFormats,
  encodePng,
  listImages,
  readImage,
  requireBenchmarkClasses,
} from "@segadv/segadv/data";
import { outputPath, pathKey, writeFileAtomic } from "@segadv/segadv/util";
import { mkdir, stat } from "node:fs/promises";
import { type Context, humanStream, warn } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { InferenceArguments } from "../inference.ts";
import { plural } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import { inferenceOf, withModel } from "./with_model.ts";

/** Arguments and options of the command. */
export interface PredictArguments extends InferenceArguments {
  /** Folder of a run or of a model. */
  path: string;
  /** Image files, and folders of them. */
  images: readonly string[];
  out: string;
  overlay?: boolean | undefined;
  format?: string | undefined;
  backend?: string | undefined;
}

/** Predicts image by image. */
export async function run(args: PredictArguments, context: Context): Promise<void> {
  const jobs = await planJobs(args);
  await mkdir(args.out, { recursive: true });
  const progress = new Progress(context.terminal.err);
  await withModel(
    { ...args, context },
    async ({ loaded: { model, classes, normalize, config } }) => {
      const format = formatFor(args, classes);
      const notices = new Set<string>();
      const onNotice = (notice: string): void => {
        if (!notices.has(notice)) warn(context, notice);
        notices.add(notice);
      };
      const options = { ...inferenceOf(args, config), normalize, onNotice };
      for (const [i, { input, output }] of jobs.entries()) {
        context.signal.throwIfAborted();
        const image = await readImage(input);
        const label = await predict(model, image, options);
        await writeFileAtomic(
          `${output}.png`,
          format?.encode(label) ?? encodeLabel(label, classes),
        );
        if (args.overlay === true) {
          await writeFileAtomic(`${output}.overlay.png`, encodeOverlay(image, { label, classes }));
        }
        progress.update(`predicted ${i + 1} of ${jobs.length} images`);
      }
    },
  ).finally(() => progress.clear());
  humanStream(context, false).write(
    `wrote ${plural(jobs.length, "label map")} to ${args.out}\n`,
  );
}

/** The format that is asked for, if the network has its classes. */
function formatFor({ format }: PredictArguments, classes: ClassInfo[]): BenchmarkFormat | null {
  const found = format === undefined ? undefined : benchmarkFormats.find(format);
  if (found === undefined) return null;
  try {
    requireBenchmarkClasses(found, classes);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
  return found;
}

/** An image and what its results are called, without their endings. */
interface Job {
  input: string;
  output: string;
}

async function planJobs({ images, out }: PredictArguments): Promise<Job[]> {
  const inputs = (await Promise.all(images.map(imagesAt))).flat();
  const jobs = new Map<string, Job>();
  for (const input of inputs) {
    const output = outputPath(input, out);
    const key = pathKey(output);
    const other = jobs.get(key)?.input;
    if (other !== undefined && pathKey(other) !== pathKey(input)) {
      throw new UsageError(`${other} and ${input} would both be written to ${output}.png`);
    }
    if (pathKey(input) === pathKey(`${output}.png`)) {
      throw new UsageError(`${input} would be overwritten: choose another --out`);
    }
    jobs.set(key, { input, output });
  }
  return [...jobs.values()];
}

/** The image itself, or the images of a folder and its subfolders in the order of their names. */
async function imagesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new UsageError(`There is no image or folder ${path}`);
  if (!found.isDirectory()) return [path];
  const images = await listImages(path);
  if (images.length === 0) throw new UsageError(`There is no .jpg, .jpeg or .png file in ${path}`);
  return images;
}

function encodeLabel({ width, height, data }: LabelMap, classes: ClassInfo[]): Uint8Array {
  const palette = Uint8Array.from(classes.flatMap(({ color }) => color));
  return encodePng({ width, height, channels: 1, data, palette });
}

/** Half image, half colour of the class. */
function encodeOverlay(
  { width, height, data: pixels }: RgbImage,
  { label, classes }: { label: LabelMap; classes: ClassInfo[] },
): Uint8Array {
  const data = Uint8Array.from(pixels, (value, i) => {
    const color = classes[label.data[Math.floor(i / 3)]!]!.color;
    return (value + color[i % 3]! + 1) >> 1;
  });
  return encodePng({ width, height, channels: 3, data });
}
