import type * as tf from "@tensorflow/tfjs";
import type { BatchNormActivationAttrs } from "../../ops/batch_norm.ts";
import type { BatchNormLeakyTrainAttrs, BatchNormTrainAttrs } from "../../ops/kernels.ts";
import type { Engine, Work } from "../engine.ts";
import { ACTIVATION_KIND, CONSTANTS } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** Values of a block of rows that stays in the cache between two passes. */
const BLOCK_VALUES = 16384;

/** Batch norm with batch statistics: one pass for the moments, one that writes. */
export function batchNormTrain(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { x, gamma, beta } = call.inputs;
  const { backend } = call;
  const { eps, activation, leak } = settings(call.attrs);
  const shape = rowBlocks(x!);
  const y = backend.makeOutput(x!.shape, "float32");
  const mean = backend.makeOutput([shape.channels], "float32");
  const variance = backend.makeOutput([shape.channels], "float32");
  engine.withScratch(scratchBytes(shape), (partials) => {
    const words = {
      x: engine.at(x!),
      y: engine.at(y),
      gamma: engine.at(gamma!),
      beta: engine.at(beta!),
      mean: engine.at(mean),
      variance: engine.at(variance),
      ...scratchWords(shape, partials),
      activation,
      eps,
      leak,
    };
    const work = rowBlockWork(shape);
    engine.run("moments", words, work);
    engine.run("mergeMoments", words, mergeWork(shape, 16));
    engine.run("normalize", words, work);
  });
  return [y, mean, variance];
}

/** Gradient of {@linkcode batchNormTrain}: dx, dgamma, dbeta. */
export function batchNormTrainGrad(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { x, y, dy, gamma, beta, mean, variance } = call.inputs;
  const { backend } = call;
  const { eps, activation, leak } = settings(call.attrs);
  const shape = rowBlocks(x!);
  const dx = backend.makeOutput(x!.shape, "float32");
  const dgamma = backend.makeOutput([shape.channels], "float32");
  const dbeta = backend.makeOutput([shape.channels], "float32");
  engine.withScratch(scratchBytes(shape), (partials) => {
    const words = {
      x: engine.at(x!),
      // Only a ReLU's gradient reads y; the other activations' start from x, with beta
      y: y ? engine.at(y) : 0,
      beta: beta ? engine.at(beta) : 0,
      dy: engine.at(dy!),
      dx: engine.at(dx),
      gamma: engine.at(gamma!),
      mean: engine.at(mean!),
      variance: engine.at(variance!),
      dgamma: engine.at(dgamma),
      dbeta: engine.at(dbeta),
      ...scratchWords(shape, partials),
      activation,
      eps,
      leak,
    };
    const work = rowBlockWork(shape);
    engine.run("gradSums", words, work);
    engine.run("mergeGradSums", words, mergeWork(shape, 8));
    engine.run("normGrad", words, work);
  });
  return [dx, dgamma, dbeta];
}

/** Attributes of the kernels with a leak, of those with another activation, and of those with neither. */
function settings(
  attrs: BatchNormTrainAttrs | BatchNormLeakyTrainAttrs | BatchNormActivationAttrs,
): { eps: number; activation: number; leak: number } {
  const { eps } = attrs;
  if ("alpha" in attrs) return { eps, activation: ACTIVATION_KIND.relu, leak: attrs.alpha };
  if ("activation" in attrs) return { eps, activation: ACTIVATION_KIND[attrs.activation], leak: 0 };
  return { eps, activation: attrs.relu ? ACTIVATION_KIND.relu : 0, leak: 0 };
}

/** How a tensor is cut into blocks of rows. */
export interface RowBlocks {
  rows: number;
  channels: number;
  rowsPerBlock: number;
  blocks: number;
}

/** The blocks of the rows (all axes but the channels) of a tensor. */
export function rowBlocks(x: tf.TensorInfo): RowBlocks {
  const channels = x.shape.at(-1)!;
  const rows = x.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const rowsPerBlock = Math.max(8, Math.floor(BLOCK_VALUES / channels));
  return { rows, channels, rowsPerBlock, blocks: Math.ceil(rows / rowsPerBlock) };
}

/** Partial sums of each block, and three coefficients a channel. */
function scratchBytes({ blocks, channels }: RowBlocks): number {
  return blocks * channels * 8 + channels * 12;
}

function scratchWords(
  shape: RowBlocks,
  partials: number,
): RowBlocks & { partials: number; coefficients: number } {
  return { ...shape, partials, coefficients: partials + shape.blocks * shape.channels * 8 };
}

function rowBlockWork({ rows, channels, blocks }: RowBlocks): Work {
  return { chunks: blocks, flops: rows * channels * 4 };
}

function mergeWork({ channels, blocks }: RowBlocks, flopsPerValue: number): Work {
  return {
    chunks: Math.ceil(channels / CONSTANTS.MERGE_CHANNELS),
    flops: blocks * channels * flopsPerValue,
  };
}
