/**
 * Networks: registries, builders, your own models, inference, saved models.
 *
 * @module
 */
export { evaluate, type EvaluateOptions } from "./inference/evaluate.ts";
export {
  type NormalizedImage,
  predict,
  predictBatch,
  type PredictOptions,
  predictWithProbabilities,
  type ProbablePrediction,
} from "./inference/predict.ts";
export {
  type PixelOptions,
  predictPixels,
  predictProbabilities,
  type ProbabilityMap,
  type ProbabilityOptions,
} from "./inference/probabilities.ts";
export type { InferenceConfig, InferenceOptions } from "./inference/inference_options.ts";
export {
  type ArchitectureOptions,
  probabilityMap,
  type SegmentationModel,
  type UpsampleOrder,
} from "./segmentation_model.ts";
export { type ArchitectureInput, type NetworkInput, networks } from "./networks/registry.ts";
export type { NetworkEntry } from "./networks/network_entry.ts";
export { backboneStage, type Freeze, stageCount } from "./frozen_layers.ts";
export { buildModel } from "./build_model.ts";
export { fitFoldedNorms } from "./fit_norms.ts";
export { fromLayersModel, type FromLayersModelOptions } from "./from_layers_model.ts";
export { forwardTraining } from "./forward_training.ts";
export { type SegmentedForward, segmentedForward } from "./segmented_forward.ts";
export {
  buildDiscriminator,
  type Discriminator,
  discriminatorForward,
  type DiscriminatorForwardOptions,
  type DiscriminatorOutput,
} from "./discriminator.ts";
export {
  type DiscriminatorConfig,
  type DiscriminatorInput,
  discriminators,
} from "./discriminators/registry.ts";
export type {
  DiscriminatorArchitecture,
  DiscriminatorEntry,
  DiscriminatorHead,
} from "./discriminators/discriminator_entry.ts";
export {
  inspectModel,
  type InspectOptions,
  largestTensor,
  type ModelReport,
  type TensorInfo,
} from "./inspect_model.ts";
export {
  type InputSize,
  type LoadedModel,
  type PackedModel,
  packModel,
  type SaveOptions,
  unpackModel,
} from "./persistence/packed_model.ts";
export { loadSegmentationModel, saveSegmentationModel } from "./persistence/saved_model.ts";
export {
  type InitializationReport,
  initializeFrom,
  type InitializeOptions,
} from "./persistence/initialize.ts";
export {
  type InspectedTensor,
  inspectWeights,
  type InspectWeightsOptions,
  type WeightReport,
} from "./persistence/inspect_weights.ts";
export { type NetworkFault, NonFiniteNetworkError } from "./non_finite.ts";
export type { ModelConfig } from "./model_config.ts";
