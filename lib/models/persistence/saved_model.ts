/**
 * Saves and loads networks in the tfjs Layers format. A saved network consists of tfjs layers only,
 * so plain `tf.loadLayersModel` reads it anywhere, a browser included.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { buildNetwork } from "../build_model.ts";
import { assemble, tfjsBuilder } from "../builders/tfjs_builder.ts";
import type { WeightSource } from "../builders/weight_source.ts";
import { networks, parseArchitecture } from "../networks/registry.ts";
import { fromLayersModel } from "../from_layers_model.ts";
import type { ArchitectureOptions, SegmentationModel } from "../segmentation_model.ts";
import { isAllFinite, NonFiniteNetworkError } from "../non_finite.ts";
import { makeFolder, removeFile, writeFileAtomic } from "../../util/files.ts";
import { type Artifacts, folderHandler } from "../../weights/formats/folder_handler.ts";
import { sizeFromShape } from "../../weights/formats/float32_values.ts";
import { sealedJson, verifySavedModel, weightsFileName } from "../../weights/formats/model_seal.ts";
import type { ModelMetadata, SavedModelInfo } from "../../weights/weight_file.ts";

/** A network read from disk, with what it was trained on. */
export interface LoadedModel extends ModelMetadata {
  model: SegmentationModel;
}

/**
 * Saves a network into a folder: `model.json` and one file of float32 weights. Plain tfjs loads it
 * without this toolkit; its output is class scores at the input's size, ready for `tf.argMax`. (A
 * network that a user brought is saved as it is, logits at its own stride.)
 *
 * The folder changes in one step: weights are written under a name of their own, then `model.json`
 * is replaced, then older weights are removed.
 *
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite; nothing is written.
 * @throws {Error} If the folder cannot be written.
 *
 * @example
 * ```ts
 * import { buildModel, type ClassInfo, defaultConfig, useBackend } from "@segadv/segadv";
 * import { loadSegmentationModel, saveSegmentationModel } from "@segadv/segadv/models";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { normalize } = defaultConfig().data;
 * const model = buildModel({ name: "fcn8s-vgg16", width: 1 / 16 }, { classes: 2, seed: 1 });
 * const classes: ClassInfo[] = [
 *   { name: "ground", color: [0, 0, 0] },
 *   { name: "shape", color: [255, 0, 0] },
 * ];
 * const dir = join(await mkdtemp(join(tmpdir(), "segadv-")), "model");
 * await saveSegmentationModel(model, dir, { classes, normalize });
 * assert.equal((await loadSegmentationModel(dir)).classes[1]!.name, "shape");
 * ```
 */
export async function saveSegmentationModel(
  model: SegmentationModel,
  dir: string,
  options: ModelMetadata,
): Promise<void> {
  const { specs, bytes } = await readWeights(model);
  const weightsFile = weightsFileName(bytes);
  const json = {
    format: "layers-model",
    generatedBy: "segadv",
    convertedBy: null,
    modelTopology: topology(model),
    weightsManifest: [{ paths: [weightsFile], weights: specs }],
    userDefinedMetadata: { segadv: modelInfo(model, options) },
  };
  await makeFolder(dir);
  await writeFileAtomic(join(dir, weightsFile), bytes);
  await writeFileAtomic(join(dir, "model.json"), sealedJson(json));
  for (const name of await readdir(dir)) {
    if (/^weights-.*\.bin$/.test(name) && name !== weightsFile) await removeFile(join(dir, name));
  }
}

/**
 * Loads a network that {@linkcode saveSegmentationModel} wrote, ready to train on.
 *
 * @returns A model that owns its weights: dispose with `model.layers.dispose()`.
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite.
 * @throws {Error} If a file is missing, or a bit of it is not as it was saved.
 * @throws {TypeError} If another program wrote the folder; the message names the way round.
 *
 * @example
 * ```ts
 * import { loadSegmentationModel } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(loadSegmentationModel("no/such/folder"), {
 *   message: "Cannot load a model from no/such/folder/model.json: the file does not exist",
 * });
 * ```
 */
export async function loadSegmentationModel(dir: string): Promise<LoadedModel> {
  await verifySavedModel(dir);
  const artifacts = await folderHandler(dir).load();
  const info = artifacts.userDefinedMetadata?.segadv as SavedModelInfo | undefined;
  if (info?.format !== 1) {
    throw new TypeError(
      `Cannot load ${dir} as a segmentation model: it was not saved by this toolkit; load it with ` +
        "tf.loadLayersModel and wrap it with fromLayersModel",
    );
  }
  checkStored(artifacts, dir);
  const { classes, normalize, architecture, name, upsampleOrder, inputMultiple } = info;
  const model = architecture
    ? buildNetwork(
      parseArchitecture({ classes: classes.length, ...architecture }),
      storedWeights(artifacts, dir),
    )
    : fromLayersModel(await tf.loadLayersModel({ load: () => Promise.resolve(artifacts) }), {
      name,
      upsampleOrder,
      inputMultiple,
    });
  return { model, classes, normalize };
}

/** The record of the network and its data in `model.json`. */
function modelInfo(model: SegmentationModel, metadata: ModelMetadata): SavedModelInfo {
  const { name, upsampleOrder, inputMultiple, logitStride } = model;
  const { classes, normalize } = metadata;
  const architecture = model.architecture ?? null;
  const graph = architecture
    ? { output: upsampleOrder, outputStride: 1 }
    : { output: "logits" as const, outputStride: logitStride };
  return {
    format: 1,
    name,
    classes,
    normalize,
    ...graph,
    inputMultiple,
    upsampleOrder,
    architecture,
  };
}

/** The exported graph of a built-in network; the graph of a user's own network as it is. */
function topology(model: SegmentationModel): unknown {
  const { architecture } = model;
  if (!architecture) return model.layers.toJSON(null, false);
  const graph = exportedGraph({ ...model, architecture });
  try {
    return graph.toJSON(null, false);
  } finally {
    graph.dispose();
  }
}

/**
 * Builds a network from tfjs layers with copies of its weights, and with the layers that give class
 * scores at full size: upsampled logits, or upsampled probabilities. The caller disposes the graph.
 */
function exportedGraph(
  model: SegmentationModel & { architecture: ArchitectureOptions },
): tf.LayersModel {
  const weights = new Map(model.layers.weights.map((weight) => [weight.originalName, weight]));
  const builder = tfjsBuilder(({ name }) => weights.get(name)!.read().clone());
  const { architecture, name, logitStride: factor } = model;
  return assemble({ name, builder }, (builder) => {
    const logits = networks.get(architecture.name).build(builder, architecture);
    const scores = architecture.upsampleOrder === "probabilities"
      ? builder.softmax(logits, { name: "probabilities" })
      : logits;
    return factor === 1 ? scores : builder.upsample(scores, { name: "upsample", factor });
  });
}

/** All weights in one piece, in the model's order. */
async function readWeights(
  { layers: model, name: subject }: SegmentationModel,
): Promise<{ specs: tf.io.WeightsManifestEntry[]; bytes: Uint8Array }> {
  const specs: tf.io.WeightsManifestEntry[] = [];
  const bytes = new Uint8Array(4 * model.countParams());
  let offset = 0;
  for (const weight of model.weights) {
    const values = await weight.read().data();
    assertFinite(values, { subject: `${subject} for saving`, weight: weight.originalName });
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
    specs.push({ name: weight.originalName, shape: weight.shape as number[], dtype: "float32" });
  }
  return { specs, bytes };
}

/** Refuses the values of a weight named `layer/weight` where one is NaN or infinite. */
function assertFinite(
  values: ArrayLike<number>,
  { subject, weight }: { subject: string; weight: string },
): void {
  if (isAllFinite(values)) return;
  const layer = weight.slice(0, weight.lastIndexOf("/"));
  throw new NonFiniteNetworkError(subject, { layer, weight, largestInput: null });
}

/** Refuses stored weights that are not finite. */
function checkStored({ weightSpecs, weightData }: Artifacts, dir: string): void {
  let offset = 0;
  for (const { name: weight, shape } of weightSpecs) {
    const values = new Float32Array(weightData, offset, sizeFromShape(shape));
    assertFinite(values, { subject: dir, weight });
    offset += values.byteLength;
  }
}

/** Gives each weight the stored values of its name. */
function storedWeights(artifacts: Artifacts, dir: string): WeightSource {
  const stored = new Map<string, { shape: number[]; offset: number }>();
  let offset = 0;
  for (const { name, shape } of artifacts.weightSpecs) {
    stored.set(name, { shape, offset });
    offset += 4 * sizeFromShape(shape);
  }
  return ({ name, shape }) => {
    const found = stored.get(name);
    if (!found || String(found.shape) !== String(shape)) {
      const what = found ? `[${found.shape}]` : "missing";
      throw new Error(
        `Cannot load ${dir}: weight ${name} is ${what} where the network needs [${shape}]; ` +
          "model.json was changed or belongs to another version",
      );
    }
    const values = new Float32Array(artifacts.weightData, found.offset, sizeFromShape(shape));
    return tf.tensor(values.slice(), shape);
  };
}
