/**
 * Trains semantic-segmentation networks with the adversarial framework with temperatures: a light
 * discriminator judges the softmax maps of a segmentation network, two temperatures shape those
 * maps, and the adversarial loss regularises the network in place of L2.
 *
 * The pipeline is {@linkcode train}, {@linkcode evaluate} and {@linkcode predict}; its parts
 * (backends, data sets, networks, losses, the step, schedules, metrics) are here one by one.
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
 * const overrides = ["backend=wasm", "train.epochs=1", "train.warmupEpochs=0"];
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
export { trainInThread, type TrainJob, wantsThread } from "./lib/train/run/train_in_thread.ts";
export type { RunScores, TrainResult } from "./lib/train/run/train_result.ts";
export { evaluate, type EvaluateOptions } from "./lib/models/inference/evaluate.ts";
export {
  type NormalizedImage,
  predict,
  predictBatch,
  type PredictOptions,
} from "./lib/models/inference/predict.ts";
export {
  type PixelOptions,
  predictPixels,
  predictProbabilities,
  type ProbabilityMap,
  type ProbabilityOptions,
} from "./lib/models/inference/probabilities.ts";
export type { InferenceOptions } from "./lib/models/inference/inference_options.ts";
export { loadModel, type OpenedModel } from "./lib/train/run/load_model.ts";
export * from "./lib/config/mod.ts";

// Backends
export * from "./lib/backend/mod.ts";
export {
  fillNormal,
  fillUniform,
  permutation,
  RandomStream,
  randomStream,
} from "./lib/util/random.ts";

// Data
export {
  type ClassInfo,
  DamagedFileError,
  type Dataset,
  type DatasetReader,
  type LabelMap,
  MissingSplitError,
  type RgbImage,
  type Sample,
} from "./lib/data/dataset.ts";
export { datasetReaders, openDataset, type OpenOptions } from "./lib/data/registry.ts";
export { checkDataset } from "./lib/data/validate/check_dataset.ts";
export {
  type DataSource,
  inspectData,
  type InspectDataOptions,
} from "./lib/data/validate/inspect_data.ts";
export type * from "./lib/data/validate/data_report.ts";
export { findLayout } from "./lib/data/validate/find_layout.ts";
export { diagnoseValues, type ValueFinding } from "./lib/data/validate/split_findings.ts";
export {
  type ClassCounts,
  type ClassWeights,
  classWeights,
} from "./lib/data/validate/class_weights.ts";
export {
  type AugmentedSample,
  type AugmentOptions,
  augmentSample,
} from "./lib/data/transforms/augment.ts";
export {
  type BenchmarkFormat,
  benchmarkFormats,
  requireBenchmarkClasses,
  toLabelIds,
} from "./lib/data/benchmark_formats.ts";
export { cacheSamples } from "./lib/data/loader/cache_samples.ts";
export { evaluationItems } from "./lib/data/loader/evaluation_items.ts";
export { fitImage, type FitOptions, type FittedImage } from "./lib/data/transforms/fit_image.ts";
export { type HostBatch, type SkippedSample, stepsPerEpoch } from "./lib/data/loader/batch.ts";
export {
  type EpochOptions,
  openTrainLoader,
  trainBatches,
  type TrainBatchesOptions,
  type TrainLoader,
} from "./lib/data/loader/train_loader.ts";
export type { TrainLoaderOptions } from "./lib/data/loader/train_loader.ts";
export {
  type NormalizationTable,
  normalizationTable,
  normalizeInto,
} from "./lib/data/transforms/normalize.ts";
export {
  type EvaluationItem,
  type EvaluationOptions,
  remapLabels,
  type RemapOptions,
} from "./lib/data/transforms/prepare_sample.ts";
export { type Planes, resizeImage, resizeLabel } from "./lib/data/transforms/resize.ts";
export { vocPalette } from "./lib/data/readers/voc.ts";
export {
  CITYSCAPES_CLASSES,
  CITYSCAPES_LABELS,
  type CityscapesLabel,
} from "./lib/data/readers/cityscapes_labels.ts";
export { decodeImage, readImage } from "./lib/data/codecs/decode_image.ts";
export { listImages } from "./lib/data/readers/listing.ts";
export { decodeLabel } from "./lib/data/codecs/decode_label.ts";
export { decodeJpeg } from "./lib/data/codecs/jpeg.ts";
export {
  type DecodeOptions,
  decodePng,
  MAX_PIXELS,
  type PngImage,
} from "./lib/data/codecs/png_decode.ts";
export { encodePng, type PngSource } from "./lib/data/codecs/png_encode.ts";

// Networks
export type {
  ArchitectureOptions,
  SegmentationModel,
  UpsampleOrder,
} from "./lib/models/segmentation_model.ts";
export { setDropoutStep } from "./lib/models/segmentation_model.ts";
export { type ModelEntry, modelRegistry } from "./lib/models/registry.ts";
export { buildModel } from "./lib/models/build_model.ts";
export { fromLayersModel, type FromLayersModelOptions } from "./lib/models/from_layers_model.ts";
export { forwardTraining } from "./lib/models/forward_training.ts";
export {
  buildDiscriminator,
  discriminate,
  type DiscriminateOptions,
  type Discriminator,
} from "./lib/models/discriminator.ts";
export {
  inspectModel,
  type InspectOptions,
  largestTensor,
  type ModelReport,
  type TensorInfo,
} from "./lib/models/inspect_model.ts";
export {
  type LoadedModel,
  loadSegmentationModel,
  saveSegmentationModel,
} from "./lib/models/persistence/saved_model.ts";
export { folderHandler } from "./lib/weights/formats/folder_handler.ts";
export { weightsSha256 } from "./lib/weights/hash.ts";
export {
  openSafetensors,
  parseSafetensors,
  type Safetensors,
  type SafetensorsDtype,
  type SafetensorsEntry,
} from "./lib/weights/formats/safetensors.ts";
export {
  type TensorSource,
  writeSafetensors,
  type WriteSafetensorsOptions,
} from "./lib/weights/formats/write_safetensors.ts";
export { float32Values } from "./lib/weights/formats/float32_values.ts";
export { openWeightFile } from "./lib/weights/formats/open_weight_file.ts";
export type {
  ModelMetadata,
  SavedModelInfo,
  WeightFile,
  WeightFormat,
  WeightTensor,
} from "./lib/weights/weight_file.ts";
export {
  type InitializationReport,
  initializeFrom,
  type InitializeOptions,
} from "./lib/models/persistence/initialize.ts";
export {
  type InspectedTensor,
  inspectWeights,
  type InspectWeightsOptions,
  type WeightReport,
} from "./lib/models/persistence/inspect_weights.ts";
export type { Misshapen, PlannedCopy, WeightPlan, WeightTarget } from "./lib/weights/plan.ts";
export type { InputRule, WeightLayout } from "./lib/weights/name_maps/name_map.ts";

// Losses
export type {
  AdversarialLoss,
  DiscriminatorOutput,
} from "./lib/losses/adversarial/adversarial_loss.ts";
export { adversarialLosses } from "./lib/losses/adversarial/registry.ts";
export { lsgan } from "./lib/losses/adversarial/lsgan.ts";
export { bce } from "./lib/losses/adversarial/bce.ts";
export {
  downsampleValidMask,
  IGNORE_LABEL,
  maskedMean,
  validMask,
} from "./lib/losses/valid_mask.ts";
export { probabilityMap } from "./lib/models/probability_map.ts";
export {
  discriminatorLoss,
  type DiscriminatorLosses,
  generatorLoss,
  type RefereeOptions,
} from "./lib/losses/adversarial/losses.ts";
export { weightDecay } from "./lib/losses/weight_decay.ts";
export {
  segmentationLoss,
  type SegmentationLossOptions,
} from "./lib/losses/segmentation/segmentation_loss.ts";

// Training
export {
  type Adversary,
  type Batch,
  type Player,
  type Players,
  type StepLosses,
  trainStep,
} from "./lib/train/train_step.ts";
export { createPlayers, disposePlayers } from "./lib/train/networks.ts";
export { type Parameter, parametersOf } from "./lib/optim/parameters.ts";
export {
  adam,
  type AdamOptions,
  type Optimizer,
  sgdMomentum,
  type SgdOptions,
} from "./lib/optim/optimizers.ts";
export { LossScale, type LossScaleOptions } from "./lib/optim/loss_scale.ts";
export { cosineWithWarmup, type ScheduleOptions } from "./lib/optim/schedule.ts";
export { clipGradients } from "./lib/optim/clip_gradients.ts";
export { NonFiniteError } from "./lib/train/non_finite_error.ts";
export { InterruptedRunError } from "./lib/train/run/interrupted_run_error.ts";
export type * from "./lib/train/events.ts";

// Metrics
export { scoreMaps, type ScoreMapsOptions } from "./lib/metrics/score_maps.ts";
export { ConfusionMatrix, type IgnoredPixels } from "./lib/metrics/confusion_matrix.ts";
export {
  CityscapesEvaluation,
  type CityscapesScorer,
  cityscapesScorer,
  type CityscapesScores,
  type NamedScores,
} from "./lib/metrics/cityscapes.ts";
export type { ClassScores, Scores } from "./lib/metrics/scores.ts";

// Engine
export { record, type Recording } from "./lib/engine/tape.ts";
export { checkpointed, type CheckpointedOptions } from "./lib/engine/gradient_checkpointing.ts";
export { batchNormTraining, movingAverage } from "./lib/engine/ops/batch_norm.ts";
export { conv2d, type Conv2dOptions } from "./lib/engine/ops/conv2d.ts";
export { leakyRelu } from "./lib/engine/ops/leaky_relu.ts";
export { oneHot } from "./lib/engine/ops/one_hot.ts";
export { currentPrecision, type Precision, withPrecision } from "./lib/engine/ops/precision.ts";
export { resizeBilinear } from "./lib/engine/ops/resize_bilinear.ts";
export { adamUpdate, sgdUpdate } from "./lib/engine/ops/optimizer_updates.ts";
export { softmaxCrossEntropy } from "./lib/engine/ops/softmax_cross_entropy.ts";
export { unpackBatch, type UnpackBatchOptions } from "./lib/engine/ops/unpack_batch.ts";
export type {
  AdamUpdateAttrs,
  SgdUpdateAttrs,
  SoftmaxCrossEntropyAttrs,
  UnpackBatchAttrs,
} from "./lib/engine/ops/kernels.ts";
