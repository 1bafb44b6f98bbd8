import type * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import type { KernelCall } from "../tfjs_backend.ts";
import { rowBlocks } from "./batch_norm.ts";

/** Layer norm over the last axis: y, and each row's mean and 1/√(variance + eps). */
export function layerNorm(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { x, gamma, beta } = call.inputs;
  const { backend } = call;
  const { rows, channels, rowsPerBlock, blocks } = rowBlocks(x!);
  const y = backend.makeOutput(x!.shape, "float32");
  const mean = backend.makeOutput([rows], "float32");
  const inverse = backend.makeOutput([rows], "float32");
  engine.run("layerNorm", {
    x: engine.at(x!),
    y: engine.at(y),
    gamma: engine.at(gamma!),
    beta: engine.at(beta!),
    mean: engine.at(mean),
    inverse: engine.at(inverse),
    ...{ rows, channels, rowsPerBlock },
    eps: call.attrs.eps,
  }, { chunks: blocks, flops: rows * channels * 8 });
  return [y, mean, inverse];
}

/** Its gradient: dx, dgamma, dbeta. */
export function layerNormGrad(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { x, dy, gamma, mean, inverse } = call.inputs;
  const { backend } = call;
  const { rows, channels, rowsPerBlock, blocks } = rowBlocks(x!);
  const dx = backend.makeOutput(x!.shape, "float32");
  const dgamma = backend.makeOutput([channels], "float32");
  const dbeta = backend.makeOutput([channels], "float32");
  engine.withScratch(blocks * channels * 8, (partials) => {
    engine.run("layerNormGrad", {
      x: engine.at(x!),
      dy: engine.at(dy!),
      dx: engine.at(dx),
      gamma: engine.at(gamma!),
      mean: engine.at(mean!),
      inverse: engine.at(inverse!),
      partials,
      ...{ rows, channels, rowsPerBlock },
    }, { chunks: blocks, flops: rows * channels * 16 });
    for (const [i, out] of [dgamma, dbeta].entries()) {
      // One row of every second sum
      engine.run("sumSlices", {
        slices: partials + i * 4 * channels,
        out: engine.at(out),
        ...{ rows: 1, columns: channels, stride: 2 * channels, count: blocks, rowsPerChunk: 1 },
      }, { chunks: 1, flops: blocks * channels });
    }
  });
  return [dx, dgamma, dbeta];
}
