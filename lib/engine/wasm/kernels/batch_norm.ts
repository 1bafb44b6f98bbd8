import type * as tf from "@tensorflow/tfjs";
import type { BatchNormLeakyTrainAttrs, BatchNormTrainAttrs } from "../../ops/kernels.ts";
import type { Engine } from "../engine.ts";
import { JOB } from "../jobs.ts";
import type { KernelCall } from "../tfjs_members.ts";

/** Values of a block of rows that stays in the cache between two passes. */
const BLOCK_VALUES = 16384;
/** Channels per chunk of a merge. */
const MERGE_CHANNELS = 16;

/** Batch norm with batch statistics: one pass for the moments, one that writes. */
export function batchNormTrain(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { x, gamma, beta } = call.inputs;
  const { backend } = call;
  const { eps, relu, leak } = settings(call.attrs);
  const shape = layout(x!);
  const y = backend.makeOutput(x!.shape, "float32");
  const mean = backend.makeOutput([shape.c], "float32");
  const variance = backend.makeOutput([shape.c], "float32");
  engine.withScratch(scratchBytes(shape), (partials) => {
    engine.write([
      engine.at(x!),
      0,
      0,
      engine.at(y),
      partials,
      shape.rows,
      shape.c,
      shape.per,
      shape.blocks,
      engine.at(gamma!),
      engine.at(beta!),
      engine.at(mean),
      engine.at(variance),
      partials + shape.blocks * shape.c * 8,
      relu ? 1 : 0,
      0,
      0,
      { float: eps },
      { float: leak },
    ]);
    const work = shape.rows * shape.c * 4;
    engine.run(JOB.moments, shape.blocks, work);
    engine.run(JOB.mergeMoments, Math.ceil(shape.c / MERGE_CHANNELS), shape.blocks * shape.c * 16);
    engine.run(JOB.normalize, shape.blocks, work);
  });
  return [y, mean, variance];
}

/** Gradient of {@linkcode batchNormTrain}: dx, dgamma, dbeta. */
export function batchNormTrainGrad(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { x, y, dy, gamma, mean, variance } = call.inputs;
  const { backend } = call;
  const { eps, relu, leak } = settings(call.attrs);
  const shape = layout(x!);
  const dx = backend.makeOutput(x!.shape, "float32");
  const dgamma = backend.makeOutput([shape.c], "float32");
  const dbeta = backend.makeOutput([shape.c], "float32");
  engine.withScratch(scratchBytes(shape), (partials) => {
    engine.write([
      engine.at(x!),
      engine.at(y!),
      engine.at(dy!),
      engine.at(dx),
      partials,
      shape.rows,
      shape.c,
      shape.per,
      shape.blocks,
      engine.at(gamma!),
      0,
      engine.at(mean!),
      engine.at(variance!),
      partials + shape.blocks * shape.c * 8,
      relu ? 1 : 0,
      engine.at(dgamma),
      engine.at(dbeta),
      { float: eps },
      { float: leak },
    ]);
    const work = shape.rows * shape.c * 4;
    engine.run(JOB.gradSums, shape.blocks, work);
    engine.run(JOB.mergeGrad, Math.ceil(shape.c / MERGE_CHANNELS), shape.blocks * shape.c * 8);
    engine.run(JOB.gradInput, shape.blocks, work);
  });
  return [dx, dgamma, dbeta];
}

/** Attributes of the kernels with a leak and of those without. */
function settings(
  attrs: BatchNormTrainAttrs | BatchNormLeakyTrainAttrs,
): { eps: number; relu: boolean; leak: number } {
  return "alpha" in attrs
    ? { eps: attrs.eps, relu: true, leak: attrs.alpha }
    : { ...attrs, leak: 0 };
}

/** How a tensor is cut into blocks of rows. */
interface Layout {
  rows: number;
  c: number;
  per: number;
  blocks: number;
}

function layout(x: tf.TensorInfo): Layout {
  const c = x.shape.at(-1)!;
  const rows = x.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const per = Math.max(8, Math.floor(BLOCK_VALUES / c));
  return { rows, c, per, blocks: Math.ceil(rows / per) };
}

/** Partial sums of each block, and three coefficients a channel. */
function scratchBytes({ blocks, c }: Layout): number {
  return blocks * c * 8 + c * 12;
}
