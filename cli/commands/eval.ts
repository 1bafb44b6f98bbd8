/**
 * `segadv eval`: scores of a trained network on a split.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import {
  type CityscapesScores,
  type Dataset,
  datasetReaders,
  evaluate,
  openDataset,
  type Scores,
} from "@segadv/segadv";
import { type Context, humanStream, writeJson } from "../_context.ts";
import { UsageError } from "../_errors.ts";
import { type ModelUse, withModel } from "../_model.ts";
import { backendOption, datasetOption } from "../_options.ts";
import { count, percent } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import { formatTable } from "../ui/table.ts";
import { cityscapesTable, openScorer } from "./_cityscapes_scores.ts";

/** What the command line says. */
export interface EvalArguments {
  /** Folder of a run or of a model. */
  path: string;
  dataset?: string | undefined;
  data?: string | undefined;
  split?: string | undefined;
  backend?: string | undefined;
  json?: boolean | undefined;
}

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("eval").summary("score a trained network on a split")
    .description(
      "Score a trained network: pixel accuracy and IoU, at temperature 1; for CityScapes " +
        "also categories and instances.",
    )
    .argument("<run|model>", "folder of a run (its best network) or of a model")
    .addOption(datasetOption())
    .option("--data <dir>", "folder of the data set (default: the run's)")
    .option("--split <name>", "split to score (default: the run's validation split)")
    .addOption(backendOption())
    .option("--json", "print the scores as one line of JSON, as fractions")
    .action((path, options) => run({ path, ...options }, context));
}

/** Scores of any data set, and the benchmark's for CityScapes. */
interface AllScores extends Scores {
  cityscapes?: CityscapesScores;
}

/** Scores, then prints a table or JSON. */
export async function run(args: EvalArguments, context: Context): Promise<void> {
  const scores: AllScores = await withModel(args, async (use) => {
    const dataset = await openData(args, use);
    const scorer = await openScorer(dataset, context);
    const { config, model, normalize } = use.loaded;
    const { resize, batch } = config?.validation ?? { resize: null, batch: 1 };
    const progress = new Progress(context.terminal.err);
    const { signal } = context;
    const onProgress = (done: number, total: number): void => {
      progress.update(`scored ${done} of ${total} images`);
    };
    const scores = await evaluate(model, dataset, {
      ...{ normalize, resize, batch, signal, onProgress },
      ...(scorer && { onPrediction: (map, index) => scorer.add(index, map) }),
    }).finally(() => progress.clear());
    return scorer === null ? scores : { ...scores, cityscapes: scorer.scores() };
  });
  if (args.json === true) writeJson(context, scores);
  else {
    const { cityscapes } = scores;
    const more = cityscapes === undefined ? "" : `\n${cityscapesTable(cityscapes)}`;
    humanStream(context, false).write(tableOf(scores) + more);
  }
}

async function openData(args: EvalArguments, { loaded, path }: ModelUse): Promise<Dataset> {
  const trained = loaded.config?.data;
  const dataset = args.dataset ?? trained?.dataset;
  if (dataset === undefined) {
    throw new UsageError(`${path} is a model without its run: name its data with --dataset`);
  }
  // The run's folder goes with the run's reader
  const dir = args.data ?? (args.dataset === undefined ? trained?.dir ?? null : null);
  checkFolder(dataset, dir);
  const split = args.split ?? trained?.valSplit ?? "val";
  try {
    return await openDataset(dataset, { dir, split });
  } catch (error) {
    // What the registry documents for an unknown split
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function checkFolder(dataset: string, dir: string | null): void {
  const needsDir = datasetReaders.get(dataset)?.needsDir ?? dir !== null;
  if (needsDir && dir === null) {
    throw new UsageError(`The reader ${dataset} needs a folder: name it with --data`);
  }
  if (!needsDir && dir !== null) {
    throw new UsageError(
      `The reader ${dataset} brings its own data: name the reader of ${dir} with --dataset`,
    );
  }
}

function tableOf({ classes, mIoU, pAcc, fwIoU, mAcc }: Scores): string {
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
      percent(iou),
      percent(accuracy),
      count(pixels),
    ]),
  );
  const absent = classes.filter(({ iou }) => iou === null).length;
  const note = absent === 0 ? "" : ` (${absent} absent, left out of the mean)`;
  return `${table}\nmIoU            ${percent(mIoU)}${note}\npixel accuracy  ${percent(pAcc)}\n` +
    `mean accuracy   ${percent(mAcc)}\nfrequency IoU   ${percent(fwIoU)}\n`;
}
