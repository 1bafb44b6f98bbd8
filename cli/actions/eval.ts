/**
 * `segadv eval`: scores of a trained network on a split.
 *
 * @module
 */
import {
  type Dataset,
  evaluate,
  type EvaluateOptions,
  openDataset,
  type Scores,
} from "@segadv/segadv";
import {
  DamagedFileError,
  datasetReaders,
  listImages,
  MissingSplitError,
} from "@segadv/segadv/data";
import {
  type CityscapesScorer,
  cityscapesScorer,
  type CityscapesScores,
  describeMean,
  type IgnoredPixels,
  type MeanRule,
  type NamedScores,
  scoreMaps,
} from "@segadv/segadv/metrics";
import { count } from "@segadv/segadv/util";
import { readdir } from "node:fs/promises";
import { type Context, humanStream, warn, writeJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type InferenceArguments, inferenceFlagIn } from "../inference.ts";
import { percentage } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import { formatTable } from "../ui/table.ts";
import { inferenceOf, type ModelUse, withModel } from "./with_model.ts";

/** Arguments and options of the command. */
export interface EvalArguments extends InferenceArguments {
  /** Folder of a run, of a model or of label maps. */
  path: string;
  dataset?: string | undefined;
  data?: string | undefined;
  split?: string | undefined;
  ignored?: string | undefined;
  meanOver?: string | undefined;
  backend?: string | undefined;
  json?: boolean | undefined;
}

/** Scores of any data set, and the benchmark's for CityScapes. */
interface AllScores extends Scores {
  cityscapes?: CityscapesScores;
}

/** Scores, then prints a table or JSON. */
export async function run(args: EvalArguments, context: Context): Promise<void> {
  const progress = new Progress(context.terminal.err);
  const onProgress = (done: number, total: number): void => {
    progress.update(`scored ${done} of ${total} images`);
  };
  const { signal } = context;
  const ignored = (args.ignored ?? "drop") as IgnoredPixels;
  const options: Scoring = { signal, onProgress, ignored };
  if (args.meanOver !== undefined) options.meanOver = args.meanOver as MeanRule;
  const scores =
    await (await holdsMaps(args.path)
      ? scoreFolder(args, { options, context })
      : scoreModel(args, { options, context })).finally(() => progress.clear());
  if (scores.classes.every(({ pixels }) => pixels === 0)) {
    throw new Error(
      "Cannot score a split without a labelled pixel: name another with --split, or use predict",
    );
  }
  if (args.json === true) writeJson(context, scores);
  else {
    const { cityscapes } = scores;
    const more = cityscapes === undefined ? "" : `\n${cityscapesTable(cityscapes)}`;
    humanStream(context, false).write(tableOf(scores) + more);
  }
}

/** What both ways of scoring share. */
type Scoring = Pick<EvaluateOptions, "signal" | "onProgress" | "ignored" | "meanOver">;

/** Scores the predictions of a network. */
async function scoreModel(
  args: EvalArguments,
  { options, context }: { options: Scoring; context: Context },
): Promise<AllScores> {
  return await withModel({ ...args, context }, async (use) => {
    const { config, model, classes, normalize } = use.loaded;
    const inference = inferenceOf(args, config);
    const meanOver = options.meanOver ?? config?.validation.meanOver ?? "union";
    const onNotice = (notice: string): void => warn(context, notice);
    const dataset = await openData(args, use);
    return await withBenchmark(dataset, context, {
      score: (benchmark) =>
        evaluate(model, dataset, {
          ...options,
          ...benchmark,
          ...inference,
          classes,
          meanOver,
          normalize,
          onNotice,
        }),
    });
  });
}

/** Scores label maps on disk. */
async function scoreFolder(
  args: EvalArguments,
  { options, context }: { options: Scoring; context: Context },
): Promise<AllScores> {
  if (args.dataset === undefined && args.data === undefined) {
    throw new UsageError(`${args.path} holds label maps: name the data they are of with --data`);
  }
  const unused = inferenceFlagIn(args);
  if (unused !== null) {
    throw new UsageError(`${args.path} holds label maps, scored as they are: leave ${unused} out`);
  }
  const onNotice = (notice: string): void => warn(context, notice);
  const dataset = await openData(args, { path: args.path });
  return await withBenchmark(dataset, context, {
    score: (benchmark) => scoreMaps(dataset, args.path, { ...options, ...benchmark, onNotice }),
  });
}

/** Adds the benchmark's own scores where it has some. */
async function withBenchmark(
  dataset: Dataset,
  context: Context,
  { score }: { score: (options: Pick<EvaluateOptions, "onPrediction">) => Promise<Scores> },
): Promise<AllScores> {
  const scorer = await openBenchmarkScorer(dataset, context);
  if (scorer === null) return await score({});
  const scores = await score({ onPrediction: (map, index) => scorer.add(index, map) });
  return { ...scores, cityscapes: scorer.scores() };
}

/** What a folder of a run or a model holds. */
const NETWORK_FILES = ["model", "model.json", "best", "config.yaml"];

/** Whether a folder has PNGs, in subfolders too, and no network. */
async function holdsMaps(path: string): Promise<boolean> {
  const entries: string[] = await readdir(path).catch(() => []);
  if (entries.length === 0 || entries.some((name) => NETWORK_FILES.includes(name))) return false;
  const images = await listImages(path).catch(() => []);
  return images.some((name) => /\.png$/i.test(name));
}

async function openData(
  args: EvalArguments,
  { loaded, path }: Partial<ModelUse> & { path: string },
): Promise<Dataset> {
  const trained = loaded?.config?.data;
  const dataset = args.dataset ?? trained?.dataset ??
    (args.data === undefined ? undefined : "auto");
  if (dataset === undefined) {
    throw new UsageError(`${path} is a model without its run: name its data with --dataset`);
  }
  // The run's folder goes with the run's reader
  const dir = args.data ?? (args.dataset === undefined ? trained?.dir ?? null : null);
  checkFolder(dataset, dir);
  const split = args.split ?? trained?.valSplit ?? "val";
  try {
    // How the run's own folder is read may hold for no other
    const layout = args.data === undefined ? trained?.layout ?? null : null;
    const known = args.dataset === undefined && trained !== undefined ? { ...trained, layout } : {};
    const { range, channels, orientation } = { ...trained, ...loaded?.pictures };
    const pictures = {
      ...range !== undefined && { range },
      ...channels !== undefined && { channels },
      // How masks were drawn is a habit of the data set
      orientation: dir === trained?.dir && orientation !== undefined ? orientation : "auto",
    } as const;
    return await openDataset(dataset, { ...known, ...pictures, dir, split });
  } catch (error) {
    if (error instanceof MissingSplitError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function checkFolder(dataset: string, dir: string | null): void {
  const needsDir = datasetReaders.find(dataset)?.needsDir ?? dir !== null;
  if (needsDir && dir === null) {
    throw new UsageError(`The reader ${dataset} needs a folder: name it with --data`);
  }
  if (!needsDir && dir !== null) {
    throw new UsageError(
      `The reader ${dataset} brings its own data: name the reader of ${dir} with --dataset`,
    );
  }
}

function tableOf(scores: Scores): string {
  const { classes, mIoU, pAcc, fwIoU, mAcc, scoreSize } = scores;
  const right = "right";
  const table = formatTable(
    [
      { title: "class" },
      { title: "IoU", align: right },
      { title: "accuracy", align: right },
      { title: "pixels", align: right },
    ],
    classes.map(({ name, iou, accuracy, pixels }) => [
      name,
      percentage(iou),
      percentage(accuracy),
      count(pixels),
    ]),
  );
  const lines = [
    `mIoU            ${percentage(mIoU)} (${describeMean(scores)})`,
    `pixel accuracy  ${percentage(pAcc)}`,
    `mean accuracy   ${percentage(mAcc)}`,
    `frequency IoU   ${percentage(fwIoU)}`,
    ...(scoreSize === "resized"
      ? ["labels were resized as images are (inference.scoreSize resized), not kept at their size"]
      : []),
  ];
  return `${table}\n${lines.join("\n")}\n`;
}

/** The scorer of the CityScapes benchmark; `null` for other data and without instance maps. */
async function openBenchmarkScorer(
  dataset: Dataset,
  context: Context,
): Promise<CityscapesScorer | null> {
  if (dataset.name !== "cityscapes" || dataset.readInstances === undefined) return null;
  // Before the first prediction, so that missing maps do not fail a run that is half through
  const fault = await dataset.readInstances(0).then(() => null, (error: Error) => error);
  if (fault === null) return cityscapesScorer(dataset);
  if (fault instanceof DamagedFileError) throw fault;
  warn(context, `the scores of categories and instances are left out: ${fault.message}`);
  return null;
}

/** The scores of the benchmark, at the size of the labels. */
function cityscapesTable(scores: CityscapesScores): string {
  const rows = (iou: NamedScores, instances: NamedScores): string[][] =>
    Object.entries(iou).map(([name, score]) => [
      name,
      percentage(score),
      percentage(instances[name] ?? null),
    ]);
  const things = Object.keys(scores.instanceClasses);
  const classes = Object.fromEntries(things.map((name) => [name, scores.classes[name] ?? null]));
  const right = "right";
  return formatTable(
    [
      { title: "CityScapes benchmark" },
      { title: "IoU", align: right },
      { title: "iIoU", align: right },
    ],
    [
      ...rows(classes, scores.instanceClasses),
      ["all classes", percentage(scores.classIoU), percentage(scores.classInstanceIoU)],
      ...rows(scores.categories, scores.instanceCategories),
      ["all categories", percentage(scores.categoryIoU), percentage(scores.categoryInstanceIoU)],
    ],
  );
}
