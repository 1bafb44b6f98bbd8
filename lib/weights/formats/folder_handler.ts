/**
 * tfjs Layers models in a folder: an IO handler for `tf.loadLayersModel`, in every runtime, and a
 * format of weight files.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { SavedModelInfo, WeightFile, WeightFormat } from "../weight_file.ts";
import { float32Values, type SafetensorsDtype, sizeFromShape } from "./float32_values.ts";
import {
  type Artifacts,
  bytesPerValue,
  type ModelFiles,
  readArtifacts,
  storedType,
} from "./model_files.ts";
import { verifySavedModel } from "./model_seal.ts";

/**
 * A tfjs IO handler that loads `model.json` and its weight files from a folder. Reads what this
 * toolkit saves and any other tfjs Layers model.
 *
 * @throws {Error} From `load()`: if a file is missing or the weights are cut short.
 * @throws {SyntaxError} From `load()`: if `model.json` is not a tfjs Layers model.
 *
 * @example
 * ```ts
 * import { buildModel, defaultConfig, tf, useBackend } from "@segadv/segadv";
 * import { saveSegmentationModel } from "@segadv/segadv/models";
 * import { folderHandler } from "@segadv/segadv/weights";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { normalize } = defaultConfig().data;
 * const color: [number, number, number] = [0, 0, 255];
 * const classes = [{ name: "sky", color }, { name: "sea", color }];
 * const dir = join(await mkdtemp(join(tmpdir(), "segadv-")), "model");
 * const model = buildModel({ name: "fcn8s-vgg16", width: 1 / 64 }, { classes: 2, seed: 1 });
 * await saveSegmentationModel(model, dir, { classes, normalize });
 *
 * const plain = await tf.loadLayersModel(folderHandler(dir)); // no part of this toolkit in it
 * assert.deepEqual(plain.outputs[0]!.shape, [null, null, null, 2]);
 * ```
 */
export function folderHandler(dir: string): { load(): Promise<Artifacts> } {
  return { load: () => readArtifacts(folderFiles(dir)) };
}

/** The files of a folder. */
export function folderFiles(dir: string): ModelFiles {
  const path = (name: string): string => join(dir, name);
  return { label: dir, path, read: (name) => readOrExplain(path(name)) };
}

async function readOrExplain(path: string): Promise<Uint8Array> {
  try {
    if (!(await stat(path)).isFile()) throw new TypeError("it is a folder, a pipe or a device");
    return await readFile(path);
  } catch (error) {
    const missing = (error as { code?: string }).code === "ENOENT";
    const reason = missing ? "the file does not exist" : (error as Error).message;
    throw new Error(`Cannot load a model from ${path}: ${reason}`, { cause: error });
  }
}

/** Names of tfjs's types in safetensors. */
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
  const files = folderFiles(dir);
  await verifySavedModel(files);
  const { weightSpecs, weightData, userDefinedMetadata } = await readArtifacts(files);
  const places = new Map<string, { spec: tf.io.WeightsManifestEntry; offset: number }>();
  let offset = 0;
  for (const spec of weightSpecs) {
    places.set(spec.name, { spec, offset });
    offset += sizeFromShape(spec.shape) * bytesPerValue(storedType(spec));
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
  const bytes = new Uint8Array(data, offset, sizeFromShape(spec.shape) * bytesPerValue(type))
    .slice();
  const values = float32Values(bytes, DTYPES[type]!);
  const { scale, min = 0 } = spec.quantization ?? {};
  return scale === undefined ? values : values.map((code) => code * scale + min);
}
