/**
 * Trains a segmentation network: the whole pipeline behind one call.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import type { SegmentationModel } from "../../models/segmentation_model.ts";
import type { BackendInfo } from "../../backend/use_backend.ts";
import { checkDiskSpace } from "./check_memory.ts";
import { checkpointBytes } from "./checkpoint.ts";
import type { TrainEvent, TrainResult } from "../events.ts";
import { parameterCount } from "../step/networks.ts";
import { trainLoop } from "../train_loop.ts";
import { RunFolder } from "./run_folder.ts";
import { openSession, type Session } from "./session.ts";
import { stateTensors } from "./state_tensors.ts";

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /** Receives every event, in order. */
  onEvent?: (event: TrainEvent) => void;
  /** Ends the run after the step in progress, with a checkpoint; the result says `aborted`. */
  signal?: AbortSignal;
  /** Folder to write the run to; nothing is written without it. */
  out?: string;
  /**
   * A network of your own in G's place (see `fromLayersModel`); it stays yours. Needs `backend`,
   * on which it lives.
   */
  model?: SegmentationModel;
  /** A backend already in use, instead of `config.backend`. */
  backend?: BackendInfo;
}

/**
 * Trains as `config` says (docs/method.md): checks everything, then runs epochs of
 * Algorithm 1, validates, and keeps the best and the last network. The backend stays current.
 *
 * @returns What the run reached; the weights are in `options.out`, or in `options.model`.
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {NonFiniteError} If a loss or weight is NaN or infinite, and `train.onNonFinite` does not
 * help. What was written stays readable.
 * @throws {InterruptedRunError} If anything else fails after the first checkpoint.
 * @throws {Error} If data, backend or output folder cannot be had.
 *
 * @example
 * ```ts
 * import { loadConfig, train } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const overrides = ["backend=cpu", "train.maxSteps=1", "data.crop=[32,32]", "data.batch=1"];
 * const config = await loadConfig({ preset: "fixtures", overrides });
 * const result = await train(config);
 * assert.equal(result.steps, 1);
 * ```
 */
export async function train(config: Config, options: TrainOptions = {}): Promise<TrainResult> {
  const session = await openSession(config, options);
  const { out } = options;
  try {
    if (out === undefined) return await startIn(null);
    await checkDiskSpace(out, bytesOf(session));
    const folder = await RunFolder.create(out, session.config);
    return await startIn(folder).finally(() => folder.close());
  } finally {
    session.dispose();
  }

  async function startIn(folder: RunFolder | null): Promise<TrainResult> {
    const { onEvent, signal } = options;
    if (session.classCounts !== null) await folder?.writeClassCounts(session.classCounts);
    return await trainLoop(session, { folder, onEvent, signal, warnings: session.warnings });
  }
}

/** What a run writes at most: two networks, its checkpoints, and one of them being replaced. */
function bytesOf({ config: { checkpoint: { keep } }, networks }: Session): number {
  const network = 4 * parameterCount(networks.segmentation.model.layers);
  const state = checkpointBytes(stateTensors(networks));
  return 3 * network + (keep === 0 ? 0 : keep + 2) * state + 2 ** 20;
}
