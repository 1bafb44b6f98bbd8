/**
 * Reports of runs: charts, calibration, the state of the discriminator, pictures, and sinks for other
 * tools.
 *
 * @module
 */
export {
  type Calibration,
  CalibrationEvaluation,
  type ReliabilityBin,
} from "../metrics/calibration.ts";
export {
  describeGan,
  diagnoseGan,
  type GanDiagnosis,
  type GanMeans,
  type GanState,
  HEALTHY_LOSS_D,
} from "../train/gan_diagnosis.ts";
export {
  type AnalyseOptions,
  analyseRun,
  type PredictedImage,
  type RunAnalysis,
} from "./analyse_run.ts";
export { contactSheet, type ContactSheetOptions } from "./contact_sheet.ts";
export {
  type AugmentationSheet,
  augmentationSheet,
  type AugmentationSheetOptions,
} from "./augmentation_sheet.ts";
export { buildReport, type Report, type ReportContent } from "./build_report.ts";
export { predictionGrid, type PredictionGridOptions } from "./prediction_grid.ts";
export { type RunReportFiles, writeRunReport } from "./write_run_report.ts";
export { stepsCsv, validationsCsv } from "./sinks/csv.ts";
export { openSink, sinks } from "./sinks/registry.ts";
export type { Sink, SinkEntry, SinkFiles } from "./sinks/sink.ts";
export { type TensorBoardImage, TensorBoardWriter } from "./sinks/tensorboard.ts";
export { type AnalysedRun, qualitativeGrid, type QualitativeRow } from "./qualitative_grid.ts";
export {
  parseEvents,
  readRun,
  recordOf,
  type RunRecord,
  secondsPerEpoch,
} from "../train/run/read_run.ts";
export { rateFigure } from "./rate_figure.ts";
export { differenceFigure } from "./difference_figure.ts";
export { classFigure, discriminatorFigures, type Figure, trainingFigures } from "./run_figures.ts";
