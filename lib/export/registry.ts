/**
 * The formats that networks can be written in, by name.
 *
 * @module
 */
import { writeFileAtomic } from "../util/files.ts";
import { Registry } from "../util/registry.ts";
import { saveSegmentationModel } from "../models/persistence/saved_model.ts";
import type { ModelFormat } from "./model_format.ts";
import { exportOnnx } from "./onnx/export_onnx.ts";
import { exportSafetensors } from "./export_safetensors.ts";

const onnx: ModelFormat = {
  name: "onnx",
  summary: "ONNX, operator set 17: ONNX Runtime, OpenCV, TensorRT and others",
  extension: ".onnx",
  features: ["preprocess", "argmax", "layout", "size", "foldBatchNorm", "float16", "int8"],
  async write(model, path, { size, ...options }) {
    const bytes = await exportOnnx(model, { ...options, ...(size && { size }) });
    await writeFileAtomic(path, bytes);
    return null;
  },
};

const tfjs: ModelFormat = {
  name: "tfjs",
  summary: "TensorFlow.js Layers model: a folder that plain tf.loadLayersModel reads",
  extension: "/",
  features: ["size"],
  async write(model, path, { classes, normalize, pictures, size }) {
    const inputSize = size && { inputSize: size };
    await saveSegmentationModel(model, path, { classes, normalize, pictures, ...inputSize });
    return null;
  },
};

const safetensors: ModelFormat = {
  name: "safetensors",
  summary: "safetensors under the names of torchvision, SMP or transformers, for PyTorch",
  extension: ".safetensors",
  features: ["float16"],
  async write(model, path, { storage }) {
    const { origin } = await exportSafetensors(model, path, { half: storage === "float16" });
    return origin === null
      ? "no library has names for all of its weights: they are ours"
      : `names of ${origin}`;
  },
};

/** All formats, in the order in which they are listed. */
export const modelFormats: Registry<ModelFormat> = new Registry("export format", [
  onnx,
  safetensors,
  tfjs,
]);
