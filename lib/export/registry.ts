/**
 * The formats that networks can be written in, by name.
 *
 * @module
 */
import { writeFileAtomic } from "../util/files.ts";
import { Registry } from "../util/registry.ts";
import { saveSegmentationModel } from "../models/persistence/saved_model.ts";
import type { ExportFormat } from "./export_format.ts";
import { exportOnnx } from "./onnx/export_onnx.ts";

const onnx: ExportFormat = {
  name: "onnx",
  summary: "ONNX, operator set 17: ONNX Runtime, OpenCV, TensorRT and others",
  extension: ".onnx",
  features: ["preprocess", "argmax", "layout", "size"],
  async write(model, path, { size, ...options }) {
    const bytes = await exportOnnx(model, { ...options, ...(size && { size }) });
    await writeFileAtomic(path, bytes);
  },
};

const tfjs: ExportFormat = {
  name: "tfjs",
  summary: "TensorFlow.js Layers model: a folder that plain tf.loadLayersModel reads",
  extension: "/",
  features: ["size"],
  write: (model, path, { classes, normalize, size }) =>
    saveSegmentationModel(model, path, { classes, normalize, ...(size && { inputSize: size }) }),
};

/** All formats, in the order in which they are listed. */
export const modelFormats: Registry<ExportFormat> = new Registry("export format", [onnx, tfjs]);
