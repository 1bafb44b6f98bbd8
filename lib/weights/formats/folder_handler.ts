/**
 * Lets `tf.loadLayersModel` read a folder on disk, in every runtime.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../../util/format.ts";

/** Types of weights that a manifest may name. */
const DTYPES: ReadonlySet<unknown> = new Set([
  ...["float32", "int32", "bool", "uint8", "uint16", "float16"],
]);
const MAX_TENSORS = 100_000;
const MAX_RANK = 16;

/**
 * A tfjs IO handler that loads `model.json` and its weight files from a folder. Reads what this
 * toolkit saves and any other tfjs Layers model.
 *
 * @throws {Error} From `load()`: if a file is missing or the weights are cut short.
 * @throws {SyntaxError} From `load()`: if `model.json` is not a tfjs Layers model.
 *
 * @example
 * ```ts
 * import * as segadv from "@segadv/segadv";
 * import { tf } from "@segadv/segadv";
 * import { folderHandler } from "@segadv/segadv/weights";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * await segadv.useBackend({ backend: "cpu" });
 * const { normalize } = segadv.defaultConfig().data;
 * const small = { name: "fcn8s-vgg16", width: 1 / 64 };
 * const color: [number, number, number] = [0, 0, 255];
 * const classes = [{ name: "sky", color }, { name: "sea", color }];
 * const dir = join(await mkdtemp(join(tmpdir(), "segadv-")), "model");
 * const model = segadv.buildModel(small, { classes: 2, seed: 1 });
 * await segadv.saveSegmentationModel(model, dir, { classes, normalize });
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

/** A Layers model as it lies on disk, all weights in one piece. */
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
    (sum, spec) => sum + spec.shape.reduce((a, b) => a * b, 1) * bytesOf(storedType(spec)),
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

/** Type of the values on disk: quantised weights are stored in another than they stand for. */
export function storedType({ dtype, quantization }: tf.io.WeightsManifestEntry): string {
  return quantization?.dtype ?? dtype;
}

/** Bytes of one value. */
export function bytesOf(dtype: string): number {
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

/**
 * Checks that `weightsManifest` of a `model.json` has the form that tfjs gives it.
 *
 * @param refuse Says what is wrong with the file; throws.
 */
export function checkManifest(manifest: unknown, refuse: (reason: string) => never): void {
  if (!Array.isArray(manifest)) return refuse("its weightsManifest is no list");
  let tensors = 0;
  for (const group of manifest as unknown[]) {
    if (!isObject(group) || !isList(group.paths, isText) || !isList(group.weights, isObject)) {
      return refuse("its weightsManifest has a group without paths or weights");
    }
    tensors += group.weights.length;
    if (tensors > MAX_TENSORS) return refuse(`it names more than ${MAX_TENSORS} weights`);
    for (const spec of group.weights) checkSpec(spec, refuse);
  }
}

function checkSpec(
  { name, shape, dtype, quantization }: Record<string, unknown>,
  refuse: (reason: string) => never,
): void {
  if (!isText(name)) return refuse("it has a weight without a name");
  const complain = (reason: string): never => refuse(`weight ${name.slice(0, 80)} ${reason}`);
  if (!isList(shape, isCount) || shape.length > MAX_RANK) complain("has no proper shape");
  if (!DTYPES.has(dtype)) complain(`is of type ${JSON.stringify(dtype)?.slice(0, 80)}`);
  if (quantization === undefined) return;
  if (!isObject(quantization) || !DTYPES.has(quantization.dtype)) {
    return complain("has no proper quantization");
  }
  const { scale, min } = quantization;
  const isFine = [scale, min].every((value) => value === undefined || Number.isFinite(value));
  if (!isFine) complain("has a quantization that is no number");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isList<T>(value: unknown, isOne: (entry: unknown) => entry is T): value is T[] {
  return Array.isArray(value) && value.every(isOne);
}
