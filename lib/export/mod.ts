/**
 * Networks in the formats of other programs.
 *
 * @module
 */
export { checkOnnx, type OnnxDifference, onnxRuntimeWeb, type RunOnnx } from "./onnx/check_onnx.ts";
export { exportOnnx, type OnnxOptions } from "./onnx/export_onnx.ts";
export { exportSafetensors } from "./export_safetensors.ts";
export type { ExportFeature, ExportOptions, ModelFormat } from "./model_format.ts";
export { modelFormats } from "./registry.ts";
