/**
 * `segadv predict`: label maps of images, as PNGs.
 *
 * @module
 */
import { predict, type PredictOptions, type RgbImage } from "@segadv/segadv";
import {
  decodeImage,
  type PictureOptions,
  polygonFormats,
  readImage,
  type TracedPicture,
  tracePicture,
} from "@segadv/segadv/data";
import { predictWithProbabilities, type ProbabilityMap } from "@segadv/segadv/models";
import { isInsideFolder, makeFolder, writeFileAtomic } from "@segadv/segadv/util";
import { dirname, join, relative, resolve, sep } from "node:path";
import { type Context, humanStream, warn } from "../context.ts";
import { Exit, reportError, UsageError } from "../errors.ts";
import type { InferenceArguments } from "../inference.ts";
import { plural } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import {
  encodeConfidence,
  encodeOverlay,
  encodeProbability,
  encoderFor,
  type MapEncoder,
} from "./predict_files.ts";
import { framesOf, isVideo } from "./predict_frames.ts";
import {
  exists,
  type Outputs,
  outputsOf,
  planOutputs,
  type PredictJob,
} from "./predict_outputs.ts";
import { watchFolders } from "./predict_watch.ts";
import { inferenceOf, type ModelUse, withModel } from "./with_model.ts";

/** Arguments and options of the command. */
export interface PredictArguments extends InferenceArguments, Outputs {
  /** Folder of a run or of a model. */
  path: string;
  /** Image files and videos, and folders of images. */
  images: readonly string[];
  out: string;
  overwrite?: boolean | undefined;
  format?: string | undefined;
  watch?: boolean | undefined;
  fps?: number | undefined;
  backend?: string | undefined;
}

/** Predicts image by image. One that cannot be read is named, and the others are done. */
export async function run(args: PredictArguments, context: Context): Promise<void> {
  checkArguments(args);
  const jobs = args.watch === true ? [] : await planOutputs(args);
  await makeFolder(args.out);
  const progress = new Progress(context.terminal.err);
  const counts = { written: 0, unread: 0 };
  await withModel({ ...args, context }, async (use) => {
    const writer = writerFor(args, { use, context });
    try {
      for await (const { job, read } of imagesOf(args, { jobs, use, context })) {
        const image = await read().catch((error: Error) => {
          progress.clear();
          reportError(error, context.terminal.err);
          return null;
        });
        if (image === null) counts.unread++;
        else {
          await writer.write(job, image);
          counts.written++;
        }
        const { written, unread } = counts;
        const of = args.watch === true || written + unread > jobs.length
          ? ""
          : ` of ${jobs.length}`;
        progress.update(`predicted ${written + unread}${of} images`);
      }
    } finally {
      await writer.end();
    }
  }).finally(() => progress.clear());
  const { written, unread } = counts;
  const rest = unread === 0
    ? ""
    : `; ${unread} of ${plural(written + unread, "image")} cannot be read`;
  humanStream(context, false).write(
    `wrote ${plural(written, "label map")} to ${args.out}${rest}\n`,
  );
  if (unread > 0) throw new Exit(1);
}

function checkArguments({ watch, polygons, images, out, fps }: PredictArguments): void {
  if (watch === true && polygons === "coco") {
    throw new UsageError(
      "--watch has no end at which --polygons coco could write its one file: take labelme or geojson",
    );
  }
  if (watch === true && images.some(isVideo)) {
    throw new UsageError("--watch takes folders of images, no videos");
  }
  const own = watch === true
    ? images.find((folder) => isInsideFolder(resolve(folder), resolve(out)))
    : undefined;
  if (own !== undefined) {
    throw new UsageError(`Maps of ${own} would lie among its images: choose another --out`);
  }
  if (fps !== undefined && !images.some(isVideo)) {
    throw new UsageError("--fps is for videos, and none is given");
  }
}

/** An image to come, and where what is made of it goes. */
interface ImageToPredict {
  job: PredictJob;
  read(): Promise<RgbImage>;
}

/** The images of all jobs: frames where a job is a video, and those that appear while watching. */
async function* imagesOf(
  args: PredictArguments,
  { jobs, use, context: { signal } }: {
    jobs: readonly PredictJob[];
    use: ModelUse;
    context: Context;
  },
): AsyncGenerator<ImageToPredict> {
  const pictures: PictureOptions = use.loaded.pictures ?? {};
  const ofFile = (job: PredictJob): ImageToPredict => (
    { job, read: () => readImage(job.input, pictures) }
  );
  if (args.watch === true) {
    for await (const job of watchFolders(args, signal)) yield ofFile(job);
    return;
  }
  for (const job of jobs) {
    signal.throwIfAborted();
    if (!isVideo(job.input)) {
      yield ofFile(job);
      continue;
    }
    let frame = 0;
    for await (const bytes of framesOf(job.input, { fps: args.fps, signal })) {
      const name = String(++frame).padStart(6, "0");
      const file = `${job.input}, frame ${frame}`;
      yield {
        job: { input: file, target: join(job.target, name) },
        read: () => decodeImage(bytes, { ...pictures, file }),
      };
    }
  }
}

interface JobWriter {
  /** Predicts an image and writes what is wanted of it. */
  write(job: PredictJob, image: RgbImage): Promise<void>;
  /** Writes what all images share. */
  end(): Promise<void>;
}

function writerFor(
  args: PredictArguments,
  { use: { loaded }, context }: { use: ModelUse; context: Context },
): JobWriter {
  const { model, classes, normalize, config } = loaded;
  const encode: MapEncoder = encoderFor(args.format ?? "index", { classes, context });
  const polygons = args.polygons === undefined ? null : polygonFormats.get(args.polygons);
  const notices = new Set<string>();
  const options: PredictOptions = {
    ...inferenceOf(args, config),
    normalize,
    onNotice(notice) {
      if (!notices.has(notice)) warn(context, notice);
      notices.add(notice);
    },
  };
  const isScored = args.probabilities !== undefined || args.confidence === true;
  const traced: TracedPicture[] = [];
  return {
    async write(job, image) {
      const found = isScored ? await predictWithProbabilities(model, image, options) : null;
      const label = found?.label ?? await predict(model, image, options);
      const paths = outputsOf(job, args);
      const files = new Map([[paths.map, encode(image, label)]]);
      if (paths.overlay !== null) {
        files.set(paths.overlay, encodeOverlay(image, { label, classes }));
      }
      if (found !== null) addScores(files, found.probabilities, { job, args });
      if (polygons !== null) {
        const folder = dirname(paths.polygons ?? join(args.out, "annotations"));
        const name = relative(folder, job.input).split(sep).join("/");
        const picture = tracePicture({ label, classes, image: name });
        if (paths.polygons === null) traced.push(picture);
        else files.set(paths.polygons, jsonOf(polygons.encode([picture])));
      }
      await writeFiles(files, { overwrite: args.overwrite === true || args.watch === true });
    },
    async end() {
      if (polygons === null || polygons.extension !== null || traced.length === 0) return;
      await writeFileAtomic(join(args.out, "annotations.json"), jsonOf(polygons.encode(traced)));
    },
  };
}

function addScores(
  files: Map<string, Uint8Array>,
  map: ProbabilityMap,
  { job, args: { probabilities: kind, confidence } }: { job: PredictJob; args: PredictArguments },
): void {
  if (confidence === true) files.set(`${job.target}.confidence.png`, encodeConfidence(map));
  if (kind === undefined) return;
  for (let index = 0; index < map.channels; index++) {
    const bytes = encodeProbability(map, { index, kind });
    files.set(`${job.target}.class-${index}.${kind}`, bytes);
  }
}

function jsonOf(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

async function writeFiles(
  files: ReadonlyMap<string, Uint8Array>,
  { overwrite }: { overwrite: boolean },
): Promise<void> {
  for (const path of files.keys()) {
    await makeFolder(dirname(path));
    // Since the plan: another process, or a name that the disk takes for the same
    if (!overwrite && await exists(path)) {
      throw new Error(`Cannot write ${path}: there is a file by now`);
    }
  }
  for (const [path, bytes] of files) await writeFileAtomic(path, bytes);
}
