/**
 * Networks in the formats of other programs.
 *
 * @module
 */
export { exportOnnx, type OnnxOptions } from "./onnx/export_onnx.ts";
export { exportSafetensors } from "./export_safetensors.ts";
export type { ExportFeature, ExportFormat, ExportOptions } from "./export_format.ts";
export { modelFormats } from "./registry.ts";
