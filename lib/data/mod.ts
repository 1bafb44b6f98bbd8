/**
 * Data sets: readers, image codecs, transforms, loaders and checks.
 *
 * @module
 */
export {
  cacheSamples,
  type ClassInfo,
  DamagedFileError,
  type Dataset,
  type DatasetReader,
  type LabelMap,
  MissingFolderError,
  MissingSplitError,
  type ReaderOptions,
  type RgbImage,
  type Sample,
} from "./dataset.ts";
export { ClassMismatchError, classOrder, type NamedClasses } from "./class_order.ts";
export {
  datasetReaders,
  matchClasses,
  type MatchedDataset,
  openDataset,
  type OpenOptions,
} from "./registry.ts";
export { type DataPlace, recognizeData, type RecognizedData } from "./recognize_data.ts";
export type {
  DataHints,
  EncodingConfig,
  FileHints,
  FilePattern,
  FolderLayout,
  LabelHints,
  SplitHints,
  SplitLayout,
} from "./layout/folder_layout.ts";
export { DataQuestionError } from "./encodings/data_question.ts";
export type { ScanProgress } from "./scan/scan_threads.ts";
export {
  type PictureConfig,
  type PictureFindings,
  type ResolvedPictures,
  resolvePictures,
} from "./pictures/resolve_pictures.ts";
export { type DataFingerprint, fingerprintDataset } from "./fingerprint.ts";
export { convertData, type ConvertOptions, type ConvertReport } from "./convert/convert_data.ts";
export type {
  ExportedSample,
  Exporter,
  ExportFormat,
  ExportTarget,
} from "./convert/export_format.ts";
export { exportFormats } from "./convert/formats.ts";
export { checkDataset } from "./validate/check_dataset.ts";
export {
  type DataSource,
  findLayout,
  inspectData,
  type InspectDataOptions,
} from "./validate/inspect_data.ts";
export { diagnoseValues, type ValueFinding } from "./validate/split_findings.ts";
export {
  type BrokenSample,
  type ClassCounts,
  type ClassWeights,
  classWeights,
  type DataReport,
  type Finding,
  type Severity,
  type SizeSummary,
  type SplitReport,
} from "./validate/data_report.ts";
export {
  augmentations,
  type AugmentOptions,
  augmentSample,
  mixBatch,
} from "./transforms/augment.ts";
export type {
  Augmentation,
  AugmentationConfig,
  Crop,
  Geometry,
  GeometrySizes,
  MixedCrop,
} from "./transforms/augmentations/augmentation.ts";
export {
  type BenchmarkFormat,
  benchmarkFormats,
  requireBenchmarkClasses,
  toLabelIds,
} from "./benchmark_formats.ts";
export { evaluationItems } from "./loader/evaluation_items.ts";
export {
  fitImage,
  type FitOptions,
  type FittedImage,
  type NormalizationTable,
  normalizationTable,
  normalizeInto,
} from "./transforms/network_input.ts";
export { repeatFactors } from "./loader/epoch_order.ts";
export { type HostBatch, type SkippedSample, stepsPerEpoch } from "./loader/batch.ts";
export {
  type EpochOptions,
  openTrainLoader,
  trainBatches,
  type TrainBatchesOptions,
  type TrainLoader,
  type TrainLoaderOptions,
} from "./loader/train_loader.ts";
export {
  type EvaluationItem,
  type EvaluationOptions,
  remapLabels,
  type RemapOptions,
} from "./transforms/prepare_sample.ts";
export { type Planes, resizeImage, resizeLabel } from "./transforms/resize.ts";
export { vocPalette } from "./readers/voc_palette.ts";
export {
  CITYSCAPES_CLASSES,
  CITYSCAPES_LABELS,
  type CityscapesLabel,
} from "./readers/cityscapes.ts";
export { type DecodedRaster, decodeImage, decodeLabel, decodeRaster } from "./codecs/decode.ts";
export { readImage } from "./codecs/read_image.ts";
export { orientImage } from "./codecs/exif.ts";
export { imageFormats } from "./codecs/image_formats.ts";
export {
  type DecodeOptions,
  type ImageFormat,
  MAX_PIXELS,
  type PictureOptions,
  type Raster,
  type RasterData,
  type ValueRange,
} from "./codecs/raster.ts";
export { chooseRange, type ValueFacts } from "./codecs/to_levels.ts";
export {
  type PolygonFormat,
  polygonFormats,
  type PolygonSource,
  type TracedPicture,
  tracePicture,
} from "./annotations/polygon_formats.ts";
export { listImages } from "./readers/listing.ts";
export { decodeJpeg } from "./codecs/jpeg.ts";
export { decodePng, type PngImage } from "./codecs/png_decode.ts";
export { encodePng, type PngSource } from "./codecs/png_encode.ts";
export type { DataConfig, NormalizeConfig } from "./data_config.ts";
