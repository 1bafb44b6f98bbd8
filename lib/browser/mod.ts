/**
 * The library in a web page: networks are loaded and applied, with the same configuration as elsewhere
 * and bit-identically. Nothing of Node's library is needed; a bundler makes one file of it.
 *
 * Beside that file lie the binaries that it fetches: `tfjs-backend-wasm-simd.wasm`, `mozjpeg_dec.wasm`
 * and `webp_dec.wasm`, from the packages that this one depends on.
 *
 * @module
 */
export * as tf from "@tensorflow/tfjs";
export type { Config } from "../config/config.ts";
export { ConfigError } from "../config/config_error.ts";
export { parseConfig } from "../config/compose.ts";
export { defaultConfig } from "../config/schema.ts";
export { openModel, type PageModel, type PickedFile } from "./open_model.ts";
export { type PageBackend, type PageBackendOptions, usePageBackend } from "./use_page_backend.ts";
export {
  predict,
  type PredictOptions,
  predictWithProbabilities,
  type ProbablePrediction,
} from "../models/inference/predict.ts";
export type { ProbabilityMap } from "../models/inference/probabilities.ts";
export { buildModel } from "../models/build_model.ts";
export type { SegmentationModel } from "../models/segmentation_model.ts";
export { type PackedModel, packModel, unpackModel } from "../models/persistence/packed_model.ts";
export { type ModelFiles, modelFilesOf } from "../weights/formats/model_files.ts";
export { weightsSha256 } from "../weights/hash.ts";
export { decodeImage, decodeLabel } from "../data/codecs/decode.ts";
export { encodePng } from "../data/codecs/png_encode.ts";
export type { ClassInfo, Dataset, LabelMap, RgbImage, Sample } from "../data/dataset.ts";
export { NonFiniteNetworkError } from "../models/non_finite.ts";
