/**
 * Starts a network from weights on disk.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ClassMismatchError } from "../../data/class_order.ts";
import { printable } from "../../util/format.ts";
import { dilationOf, takeTaps } from "../../weights/dilated_kernel.ts";
import { networks } from "../networks/registry.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import type { InputRule } from "../../weights/name_maps/name_map.ts";
import { fromLayout, withChannels } from "../../weights/kernel_layout.ts";
import { openWeightFile } from "../../weights/formats/open_weight_file.ts";
import {
  describeFaults,
  foldedNorms,
  type PlannedCopy,
  planWeights,
  type WeightPlan,
} from "../../weights/plan.ts";
import type { WeightFile } from "../../weights/weight_file.ts";

/** Where each of a network's weights came from. */
export interface InitializationReport {
  /** File or folder that they came from. */
  path: string;
  format: string;
  /** Who publishes such files: `torchvision`, `Keras`, … */
  origin: string;
  /** How many weights came from the file. */
  copied: number;
  /** Weights that are zero, as the origin has none (biases before a batch norm). */
  zero: string[];
  /**
   * Layers of batch norm that the file has folded into the convolutions before them: exact at inference;
   * before training, give them statistics by {@linkcode fitFoldedNorms}.
   */
  folded: string[];
  /** Weights that kept their random start: the head, and what was missing where that is allowed. */
  fresh: string[];
  /** Tensors of the file that were left out. */
  left: string[];
  /** What the weights were trained with; `null` where the file does not tell. */
  input: InputRule | null;
  /** One line each, for the user. */
  warnings: string[];
}

/** Options of {@linkcode initializeFrom}. */
export interface InitializeOptions {
  /**
   * Whether every weight but the head's must be in the file with its shape, and none be left over.
   * @default true
   */
  strict?: boolean;
  /**
   * Names of the network's classes in the order of its outputs. The head of a network of this toolkit
   * is then taken over only where its classes have these names in this order: under `strict` others
   * of equal number are refused, else the head starts anew.
   * @default unknown: a head that fits is taken over
   */
  classes?: readonly string[];
}

/**
 * Gives a network the weights of a file of any known origin (see {@linkcode openWeightFile}), or of
 * a run (`model.init`). Kernels are transposed to `[h, w, in, out]`; a batch norm that was trained
 * with another ε gets its variance corrected. The head starts anew where the file has none of its
 * shape. All names and shapes are checked before the first weight changes.
 *
 * @returns What was done, and the input that the weights expect: feeding it is the caller's part.
 * @throws {TypeError} If the file holds another architecture.
 * @throws {RangeError} If, under `strict`, names or shapes differ: the message lists them.
 * @throws {SyntaxError} If the file is damaged.
 * @example
 * ```ts
 * import { buildModel, defaultConfig, useBackend } from "@segadv/segadv";
 * import { initializeFrom, saveSegmentationModel } from "@segadv/segadv/models";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { normalize } = defaultConfig().data;
 * const small = { name: "fcn8s-vgg16", width: 1 / 64 };
 * const classes = ["sky", "road"].map((name) => ({ name, color: [0, 0, 0] as [number, number, number] }));
 * const dir = join(await mkdtemp(join(tmpdir(), "segadv-")), "model");
 * await saveSegmentationModel(buildModel(small, { classes: 2, seed: 1 }), dir, { classes, normalize });
 *
 * const report = await initializeFrom(buildModel(small, { classes: 3, seed: 2 }), dir);
 * assert.equal(report.copied, 30); // 13 convolutions, fc6, fc7
 * assert.match(report.warnings[0]!, /2 classes.*3/);
 * ```
 */
export async function initializeFrom(
  model: SegmentationModel,
  path: string,
  options: InitializeOptions = {},
): Promise<InitializationReport> {
  const file = await openWeightFile(path);
  try {
    return await initializeFromFile(model, file, options);
  } finally {
    await file.close();
  }
}

/** The same from a file that is open; it stays the caller's. */
export async function initializeFromFile(
  model: SegmentationModel,
  file: WeightFile,
  options: InitializeOptions = {},
): Promise<InitializationReport> {
  const targets = model.layers.weights.map(({ originalName: name, shape }) => ({
    name,
    shape: shape as number[],
  }));
  const network = networks.find(model.architecture?.name ?? "") ?? null;
  const freshHead = standsForOthers(file, options);
  const plan = planWeights(file, { network, targets, freshHead });
  checkPlan(plan, { ...options, path: file.path });
  await applyPlan(model, { file, plan, bnEpsilon: network?.bnEpsilon ?? null });
  return reportOf(plan, { file, classes: model.classes, freshHead });
}

/**
 * Lists what is missing, misshapen or unknown.
 *
 * @throws {RangeError} If there is any and `strict` is not off.
 */
export function checkPlan(plan: WeightPlan, options: InitializeOptions & { path: string }): void {
  const faults = describeFaults(plan);
  if (faults === null || options.strict === false) return;
  throw new RangeError(
    `Cannot start from model.init ${options.path} (${plan.origin}): ${faults}; model.name and ` +
      "model.width must be those of the file, or set model.initStrict to false to take what fits",
  );
}

/**
 * Whether the head of a saved network stands for other classes than those that are wanted.
 *
 * @throws {ClassMismatchError} If it does, has as many, and `strict` is not off: it would be taken
 * over by its shape.
 */
export function standsForOthers(
  { saved, path }: Pick<WeightFile, "saved" | "path">,
  { classes, strict = true }: InitializeOptions,
): boolean {
  if (saved === null || classes === undefined) return false;
  const trained = saved.classes.map(({ name }) => name);
  const isSame = trained.length === classes.length &&
    trained.every((name, i) => name === classes[i]);
  if (isSame) return false;
  if (strict && trained.length === classes.length) {
    const lists = [trained, classes].map((names) => names.map(printable).join(", "));
    throw new ClassMismatchError(
      `Cannot start from model.init ${path}: it was trained on the classes ${lists[0]}, the data ` +
        `set has ${lists[1]}; set model.initStrict to false to take all but the head`,
    );
  }
  return true;
}

/** Reads, converts and writes weight by weight, so that only one is in memory twice. */
async function applyPlan(
  model: SegmentationModel,
  options: { file: WeightFile; plan: WeightPlan; bnEpsilon: number | null },
): Promise<void> {
  const { file, plan, bnEpsilon } = options;
  const weights = new Map(model.layers.weights.map((weight) => [weight.originalName, weight]));
  const write = (name: string, values: Float32Array): void => {
    const weight = weights.get(name)!;
    const tensor = tf.tensor(values, weight.shape as number[]);
    weight.write(tensor);
    tensor.dispose();
  };
  const fileEpsilon = plan.input?.bnEpsilon ?? null;
  const correction = fileEpsilon === null || bnEpsilon === null ? 0 : fileEpsilon - bnEpsilon;
  for (const copy of plan.copies) {
    const values = await valuesOf(copy, file);
    // 1 / √(variance + ε) as the file's own ε would give it
    const isVariance = copy.target.name.endsWith("/moving_variance") && correction !== 0;
    write(copy.target.name, isVariance ? values.map((v) => Math.max(0, v + correction)) : values);
  }
  const fill = (name: string, value: number): void => {
    const size = tf.util.sizeFromShape(weights.get(name)!.shape as number[]);
    write(name, new Float32Array(size).fill(value));
  };
  for (const name of plan.zero) fill(name, 0);
  for (const name of plan.identity) {
    const part = name.slice(name.lastIndexOf("/") + 1);
    fill(name, part === "gamma" ? 1 : part === "moving_variance" ? 1 - (bnEpsilon ?? 0) : 0);
  }
}

async function valuesOf(
  { target, source, layout, fromChannels, part }: PlannedCopy,
  file: WeightFile,
): Promise<Float32Array<ArrayBuffer>> {
  const tensor = await file.read(source);
  const { index, count } = part ?? { index: 0, count: 1 };
  const size = tensor.length / count;
  const values = tensor.subarray(index * size, (index + 1) * size);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot start from ${file.path}: ${source} holds ${values[wrong]} at ${wrong}; the file is ` +
        "damaged or its training went wrong",
    );
  }
  if (layout !== "spread" && fromChannels !== undefined) {
    const [height, width, channels, filters] = target.shape as [number, number, number, number];
    const shape = [height, width, fromChannels, filters];
    return withChannels(fromLayout(values, { shape, layout }), { shape, channels });
  }
  if (layout !== "spread") return fromLayout(values, { shape: target.shape, layout });
  const dilation = dilationOf(file.tensors.get(source)!.shape, target.shape)!;
  return takeTaps(values, { shape: target.shape, dilation });
}

function reportOf(
  plan: WeightPlan,
  { file, classes, freshHead }: { file: WeightFile; classes: number; freshHead: boolean },
): InitializationReport {
  const { path, format, saved } = file;
  const before = saved?.classes.length ?? classes;
  const head = plan.fresh.join(", ");
  const trained = saved?.classes.map(({ name }) => printable(name)).join(", ");
  const faults = describeFaults(plan);
  const misshapen = plan.misshapen.map(({ target }) => target);
  return {
    path,
    format,
    origin: plan.origin,
    copied: plan.copies.length,
    zero: plan.zero,
    folded: foldedNorms(plan),
    fresh: [...plan.fresh, ...plan.missing, ...misshapen],
    left: [...plan.unused, ...plan.extra],
    input: plan.input,
    warnings: [
      ...(before === classes ? [] : [
        `${path} was trained for ${before} classes, not ${classes}: its head (${head}) starts afresh`,
      ]),
      ...(before === classes && freshHead
        ? [`${path} was trained on other classes (${trained}): its head (${head}) starts afresh`]
        : []),
      ...(faults === null ? [] : [`only part of ${path} fits: ${faults}`]),
    ],
  };
}
