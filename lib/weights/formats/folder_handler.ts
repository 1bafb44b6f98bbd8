/**
 * tfjs Layers models in a folder: an IO handler for `tf.loadLayersModel`, in every runtime, and a
 * format of weight files.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { printable } from "../../util/format.ts";
import type { SavedModelInfo, WeightFile, WeightFormat } from "../weight_file.ts";
import { float32Values, type SafetensorsDtype, sizeFromShape } from "./float32_values.ts";
import { checkManifest, verifySavedModel } from "./model_seal.ts";

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
  return {
    async load() {
      const path = join(dir, "model.json");
      const json = parseModelJson(await readOrExplain(path), path);
      const weightData = await readWeights(dir, json.weightsManifest);
      const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
      return { ...json, weightSpecs, weightData };
    },
  };
}

/** A Layers model as stored, all weights in one buffer. */
export interface Artifacts extends tf.io.ModelArtifacts {
  weightSpecs: tf.io.WeightsManifestEntry[];
  weightData: ArrayBuffer;
}

async function readWeights(
  dir: string,
  manifest: tf.io.WeightsManifestConfig,
): Promise<ArrayBuffer> {
  const names = manifest.flatMap((group) => group.paths);
  const outside = names.find((name) =>
    /^[/\\]|^[a-z]+:|(^|[/\\])\.\.([/\\]|$)/i.test(name) || printable(name) !== name
  );
  if (outside !== undefined) {
    throw new SyntaxError(
      `Cannot load weights from ${dir}: model.json names ${
        printable(JSON.stringify(outside))
      }, which leads ` +
        "out of the folder",
    );
  }
  const files = await Promise.all(names.map((name) => readOrExplain(join(dir, name))));
  const expected = manifest.flatMap((group) => group.weights).reduce(
    (sum, spec) => sum + spec.shape.reduce((a, b) => a * b, 1) * bytesPerValue(storedType(spec)),
    0,
  );
  const found = files.reduce((sum, file) => sum + file.byteLength, 0);
  if (found !== expected) {
    throw new Error(
      `Cannot load weights from ${dir}: ${
        names.join(", ")
      } holds ${found} bytes where model.json ` +
        `expects ${expected}; the file was cut short or belongs to another model`,
    );
  }
  const all = new Uint8Array(expected);
  let offset = 0;
  for (const file of files) {
    all.set(file, offset);
    offset += file.byteLength;
  }
  return all.buffer;
}

function parseModelJson(text: Uint8Array, path: string): tf.io.ModelJSON {
  const refuse = (reason: string): never => {
    throw new SyntaxError(`Cannot load ${path}: ${printable(reason)}`);
  };
  let json: tf.io.ModelJSON;
  try {
    json = JSON.parse(new TextDecoder().decode(text));
  } catch (error) {
    return refuse(`it is not JSON (${(error as Error).message})`);
  }
  if (!json?.modelTopology || !Array.isArray(json.weightsManifest)) {
    return refuse("it lacks modelTopology or weightsManifest; give a tfjs Layers model");
  }
  checkManifest(json.weightsManifest, refuse);
  return json;
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

/** Type of the values on disk, which for quantised weights is not that of the weight. */
export function storedType({ dtype, quantization }: tf.io.WeightsManifestEntry): string {
  return quantization?.dtype ?? dtype;
}

/** Bytes of one value. */
export function bytesPerValue(dtype: string): number {
  const sizes: Record<string, number> = {
    float32: 4,
    int32: 4,
    bool: 1,
    uint8: 1,
    uint16: 2,
    float16: 2,
  };
  const size = sizes[dtype];
  if (size === undefined) throw new TypeError(`Cannot load weights of type ${dtype}: not numeric`);
  return size;
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
  await verifySavedModel(dir);
  const { weightSpecs, weightData, userDefinedMetadata } = await folderHandler(dir).load();
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
