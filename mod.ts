/**
 * Trains semantic-segmentation networks with the adversarial framework with temperatures: a light
 * discriminator takes the softmax maps of a segmentation network as input, two temperatures shape
 * those maps, and the adversarial loss regularises the network in place of L2.
 *
 * The pipeline is {@linkcode train}, {@linkcode evaluate} and {@linkcode predict}, made by a
 * configuration ({@linkcode loadConfig}) on a backend ({@linkcode useBackend}). Its parts come by
 * subpath: `./data`, `./models`, `./losses`, `./train`, `./metrics`, `./weights`, `./sweep`,
 * `./report`, `./engine`, `./util`, `./wasm` and `./webgpu`. docs/method.md has the equations.
 *
 * @example Train on the embedded pictures of shapes, then score the network
 * ```ts
 * import { evaluate, loadConfig, loadModel, openDataset, train } from "@segadv/segadv";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const out = join(await mkdtemp(join(tmpdir(), "segadv-")), "run");
 * const overrides = ["backend=wasm", "train.epochs=1", "schedule.warmupEpochs=0"];
 * const config = await loadConfig({ preset: "fixtures", overrides });
 * const { last } = await train(config, { out });
 *
 * const { model, normalize } = await loadModel(join(out, "model"));
 * const dataset = await openDataset("fixtures", { split: "val" });
 * const { mIoU } = await evaluate(model, dataset, { normalize });
 * assert.equal(mIoU, last!.mIoU);
 * ```
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** TensorFlow.js as this package uses it: make tensors for these functions with no other copy. */
export { tf };

// The pipeline
export { train, type TrainOptions } from "./lib/train/run/train.ts";
export { type ResumeOptions, resumeTraining } from "./lib/train/run/resume.ts";
export type { RunScores, TrainResult } from "./lib/train/events.ts";
export { evaluate, type EvaluateOptions } from "./lib/models/inference/evaluate.ts";
export { predict, type PredictOptions } from "./lib/models/inference/predict.ts";
export { loadModel, type OpenedModel } from "./lib/train/run/load_model.ts";
export { openDataset, type OpenOptions } from "./lib/data/registry.ts";
export type { ClassInfo, Dataset, LabelMap, RgbImage, Sample } from "./lib/data/dataset.ts";
export { fromLayersModel, type FromLayersModelOptions } from "./lib/models/from_layers_model.ts";
export type { SegmentationModel } from "./lib/models/segmentation_model.ts";
export { buildModel } from "./lib/models/build_model.ts";
export { NonFiniteNetworkError } from "./lib/models/non_finite.ts";
export { InterruptedRunError, NonFiniteError, ResumeError } from "./lib/train/errors.ts";
export type * from "./lib/train/events.ts";
export type { Scores } from "./lib/metrics/scores.ts";

// Configuration
export * from "./lib/config/mod.ts";

// Backends and the machine
export * from "./lib/backend/mod.ts";
