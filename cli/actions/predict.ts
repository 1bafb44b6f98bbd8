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
  readImage,
  requireBenchmarkClasses,
} from "@segadv/segadv/data";
import { makeFolder, writeFileAtomic } from "@segadv/segadv/util";
import { dirname } from "node:path";
import { type Context, humanStream, warn } from "../context.ts";
import { Exit, reportError, UsageError } from "../errors.ts";
import type { InferenceArguments } from "../inference.ts";
import { plural } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import { exists, outputsOf, planOutputs, type PredictJob } from "./predict_outputs.ts";
import { inferenceOf, withModel } from "./with_model.ts";

/** Arguments and options of the command. */
export interface PredictArguments extends InferenceArguments {
  /** Folder of a run or of a model. */
  path: string;
  /** Image files, and folders of them. */
  images: readonly string[];
  out: string;
  overlay?: boolean | undefined;
  overwrite?: boolean | undefined;
  format?: string | undefined;
  backend?: string | undefined;
}

/** Predicts image by image. One that cannot be read is named, and the others are done. */
export async function run(args: PredictArguments, context: Context): Promise<void> {
  const jobs = await planOutputs(args);
  await makeFolder(args.out);
  const { terminal, signal } = context;
  const progress = new Progress(terminal.err);
  let unread = 0;
  await withModel(
    { ...args, context },
    async ({ loaded: { model, classes, normalize, config } }) => {
      const format = encoderFor(args, { classes, context });
      const notices = new Set<string>();
      const onNotice = (notice: string): void => {
        if (!notices.has(notice)) warn(context, notice);
        notices.add(notice);
      };
      const options = { ...inferenceOf(args, config), normalize, onNotice };
      for (const [i, job] of jobs.entries()) {
        signal.throwIfAborted();
        const image = await readImage(job.input).catch((error: Error) => {
          progress.clear();
          reportError(error, terminal.err);
          return null;
        });
        if (image === null) unread++;
        else {
          const label = await predict(model, image, options);
          const map = format === null ? encodeLabel(label, classes) : format(label);
          const overlay = job.overlay === null ? null : encodeOverlay(image, { label, classes });
          await write(job, { map, overlay, overwrite: args.overwrite === true });
        }
        progress.update(`predicted ${i + 1} of ${jobs.length} images`);
      }
    },
  ).finally(() => progress.clear());
  const rest = unread === 0 ? "" : `; ${unread} of ${plural(jobs.length, "image")} cannot be read`;
  humanStream(context, false).write(
    `wrote ${plural(jobs.length - unread, "label map")} to ${args.out}${rest}\n`,
  );
  if (unread > 0) throw new Exit(1);
}

async function write(
  job: PredictJob,
  { map, overlay, overwrite }: {
    map: Uint8Array;
    overlay: Uint8Array | null;
    overwrite: boolean;
  },
): Promise<void> {
  await makeFolder(dirname(job.map));
  for (const path of overwrite ? [] : outputsOf(job)) {
    // Since the plan: another process, or a name that the disk takes for the same
    if (await exists(path)) throw new Error(`Cannot write ${path}: there is a file by now`);
  }
  await writeFileAtomic(job.map, map);
  if (overlay !== null) await writeFileAtomic(job.overlay!, overlay);
}

/** Makes maps of the format that is asked for, if the network has its classes. */
function encoderFor(
  { format }: PredictArguments,
  { classes, context }: { classes: ClassInfo[]; context: Context },
): ((label: LabelMap) => Uint8Array) | null {
  const found = format === undefined ? undefined : benchmarkFormats.find(format);
  if (found === undefined) return null;
  const order = orderFor(found, classes);
  if (order === null) return (label) => found.encode(label);
  warn(context, `the network has the classes of ${found.name} in another order: matched by name`);
  return ({ width, height, data }) =>
    found.encode({ width, height, data: data.map((label) => order[label]!) });
}

function orderFor(format: BenchmarkFormat, classes: ClassInfo[]): Uint8Array | null {
  try {
    return requireBenchmarkClasses(format, classes);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
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
