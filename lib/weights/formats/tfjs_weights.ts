import { basename, dirname } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { float32Values, type SafetensorsDtype, sizeOf } from "./float32_values.ts";
import { bytesOf, folderHandler, storedType } from "./folder_handler.ts";
import { verifySavedModel } from "./model_seal.ts";
import type { SavedModelInfo, WeightFile, WeightFormat } from "../weight_file.ts";

const DTYPES: Readonly<Record<string, SafetensorsDtype>> = {
  float32: "F32",
  int32: "I32",
  float16: "F16",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
};

/** tfjs Layers models as a format of weight files. */
export const tfjsFormat: WeightFormat = {
  name: "tfjs",
  summary: "tfjs Layers models, a folder or its model.json, quantised or not",
  matches: ({ path }) => basename(path) === "model.json",
  open: openTfjsWeights,
};

/** Opens a tfjs Layers model, quantised or not: a folder or its `model.json`. */
export async function openTfjsWeights(path: string): Promise<WeightFile> {
  const dir = basename(path) === "model.json" ? dirname(path) : path;
  await verifySavedModel(dir);
  const { weightSpecs, weightData, userDefinedMetadata } = await folderHandler(dir).load();
  const places = new Map<string, { spec: tf.io.WeightsManifestEntry; offset: number }>();
  let offset = 0;
  for (const spec of weightSpecs) {
    places.set(spec.name, { spec, offset });
    offset += sizeOf(spec.shape) * bytesOf(storedType(spec));
  }
  const saved = userDefinedMetadata?.segadv as SavedModelInfo | undefined;
  return {
    path: dir,
    format: "tfjs",
    tensors: new Map(
      weightSpecs.map((spec) => [spec.name, { dtype: storedType(spec), shape: spec.shape }]),
    ),
    saved: saved?.format === 1 ? saved : null,
    read(name) {
      const place = places.get(name);
      if (place === undefined) {
        return Promise.reject(new RangeError(`Cannot read ${name}: ${dir} has no such tensor`));
      }
      return Promise.resolve(valuesOf(place.spec, { data: weightData, offset: place.offset }));
    },
    close: () => Promise.resolve(),
  };
}

function valuesOf(
  spec: tf.io.WeightsManifestEntry,
  { data, offset }: { data: ArrayBuffer; offset: number },
): Float32Array<ArrayBuffer> {
  const type = storedType(spec);
  const bytes = new Uint8Array(data, offset, sizeOf(spec.shape) * bytesOf(type)).slice();
  const values = float32Values(bytes, DTYPES[type]!);
  const { scale, min = 0 } = spec.quantization ?? {};
  return scale === undefined ? values : values.map((code) => code * scale + min);
}
