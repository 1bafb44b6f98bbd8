/**
 * Moving averages of batch statistics, in place, many at a launch.
 *
 * @module
 */
import { MOVING_AVERAGE } from "../../ops/kernels.ts";
import type { Kernel } from "./kernel.ts";
import { deferUpdate, type UpdateKind } from "./update_batch.ts";

const KIND: UpdateKind = {
  name: MOVING_AVERAGE,
  shared: [],
  own: ["share"],
  writes: ["moving"],
  reads: ["batch"],
  body: `
      moving_K[i] += u.share_K * (batch_K[i] - moving_K[i]);`,
};

/** Overwrites `moving`. */
export const movingAverage: Kernel<{ momentum: number }> = {
  name: MOVING_AVERAGE,
  run({ inputs, attrs, backend }) {
    deferUpdate(backend, {
      kind: KIND,
      shared: [],
      own: [1 - attrs.momentum],
      tensors: [inputs.moving!, inputs.batch!],
    });
    return [];
  },
};
