/**
 * tfjs Layers models as named files, wherever they lie: in a folder, in a page's own store, or among the
 * files that a user picked.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { printable } from "../../util/format.ts";
import { checkManifest } from "./model_manifest.ts";

/** The files of one model. */
export interface ModelFiles {
  /** Name of the whole in error messages, such as the folder. */
  label: string;
  /** Name of a file in error messages. */
  path(name: string): string;
  /** @throws {Error} If there is no such file, or it cannot be read; the message names it. */
  read(name: string): Promise<Uint8Array>;
}

/** The files of a model by name, in memory or where they can be read as a whole. */
export function modelFilesOf(
  files: ReadonlyMap<string, Uint8Array | Blob>,
  label: string,
): ModelFiles {
  const path = (name: string): string => `${label}/${name}`;
  return {
    label,
    path,
    async read(name) {
      const file = files.get(name);
      if (file === undefined) {
        throw new Error(`Cannot load a model from ${path(name)}: the file does not exist`);
      }
      return file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
    },
  };
}

/**
 * Reads `model.json` and its weight files.
 *
 * @throws {Error} If a file is missing or the weights are cut short.
 * @throws {SyntaxError} If `model.json` is not a tfjs Layers model.
 */
export async function readArtifacts(files: ModelFiles): Promise<Artifacts> {
  const json = parseModelJson(await files.read("model.json"), files.path("model.json"));
  const weightData = await readWeights(files, json.weightsManifest);
  const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
  return { ...json, weightSpecs, weightData };
}

/** A Layers model as stored, all weights in one buffer. */
export interface Artifacts extends tf.io.ModelArtifacts {
  weightSpecs: tf.io.WeightsManifestEntry[];
  weightData: ArrayBuffer;
}

async function readWeights(
  { label, read }: ModelFiles,
  manifest: tf.io.WeightsManifestConfig,
): Promise<ArrayBuffer> {
  const names = manifest.flatMap((group) => group.paths);
  const outside = names.find((name) =>
    /^[/\\]|^[a-z]+:|(^|[/\\])\.\.([/\\]|$)/i.test(name) || printable(name) !== name
  );
  if (outside !== undefined) {
    throw new SyntaxError(
      `Cannot load weights from ${label}: model.json names ${
        printable(JSON.stringify(outside))
      }, which leads ` +
        "out of the folder",
    );
  }
  const files = await Promise.all(names.map((name) => read(name)));
  const expected = manifest.flatMap((group) => group.weights).reduce(
    (sum, spec) => sum + spec.shape.reduce((a, b) => a * b, 1) * bytesPerValue(storedType(spec)),
    0,
  );
  const found = files.reduce((sum, file) => sum + file.byteLength, 0);
  if (found !== expected) {
    throw new Error(
      `Cannot load weights from ${label}: ${
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
