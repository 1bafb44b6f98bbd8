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
import { MATRIX_WEIGHT } from "../builders/linear_map.ts";
import { assemble, tfjsBuilder } from "../builders/tfjs_builder.ts";
import { networks, parseArchitecture } from "../networks/registry.ts";
import { fromLayersModel } from "../from_layers_model.ts";
import type { ArchitectureOptions, SegmentationModel } from "../segmentation_model.ts";
import { makeFolder, removeFile, writeFileAtomic } from "../../util/files.ts";
import { folderHandler } from "../../weights/formats/folder_handler.ts";
import { sealedJson, verifySavedModel, weightsFileName } from "../../weights/formats/model_seal.ts";
import { checkStored, type GraphWeight, readWeights, storedWeights } from "./stored_weights.ts";
import type { ModelMetadata, SavedModelInfo } from "../../weights/weight_file.ts";

/** Height and width of a network's input. */
export interface InputSize {
  height: number;
  width: number;
}

/** Options of {@linkcode saveSegmentationModel}. */
export interface SaveOptions extends ModelMetadata {
  /**
   * Input of the saved graph, where it takes one size only; multiples of the network's `inputMultiple`.
   * @default eight of these multiples
   */
  inputSize?: InputSize;
}

/** A network read from disk, with what it was trained on. */
export interface LoadedModel extends ModelMetadata {
  model: SegmentationModel;
}

/**
 * Saves a network into a folder: `model.json` and one file of float32 weights. Plain tfjs loads it
 * without this toolkit; its output is class scores at the input's size, ready for `tf.argMax`. (A
 * network that a user brought is saved as it is, logits at its own stride.) The graphs of a few networks
 * take one input size there, `options.inputSize`; this toolkit loads them for any size.
 *
 * The folder changes in one step: weights get a name of their own, then `model.json` is replaced.
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
  options: SaveOptions,
): Promise<void> {
  const size = fixedInputSize(model, options.inputSize);
  const { topology, own } = await graphOf(model, size);
  const { specs, bytes } = await readWeights(model, own);
  const weightsFile = weightsFileName(bytes);
  const json = {
    format: "layers-model",
    generatedBy: "segadv",
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: [weightsFile], weights: specs }],
    userDefinedMetadata: { segadv: modelInfo(model, { ...options, size }) },
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
  const { classes, normalize, pictures, architecture, name, upsampleOrder, inputMultiple } = info;
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
  return { model, classes, normalize, ...pictures && { pictures } };
}

/** The record of the network and its data in `model.json`. */
function modelInfo(
  model: SegmentationModel,
  metadata: ModelMetadata & { size: InputSize | null },
): SavedModelInfo {
  const { name, upsampleOrder, inputMultiple, logitStride } = model;
  const { classes, normalize, pictures, size } = metadata;
  const { architecture = null } = model;
  const graph = architecture
    ? { output: upsampleOrder, outputStride: 1 }
    : { output: "logits" as const, outputStride: logitStride };
  return {
    format: 1,
    name,
    classes,
    normalize,
    ...pictures && { pictures },
    ...graph,
    inputMultiple,
    upsampleOrder,
    architecture,
    ...size && { inputSize: [size.height, size.width] },
  };
}

/** Side of the input of a saved graph of one input size, in steps of the network's multiple. */
const STEPS = 8;

/**
 * The one input size of a network's saved graph, `null` where it takes any.
 *
 * @param size What it shall be. @default eight of the network's multiples
 */
export function fixedInputSize(
  { architecture, inputMultiple }: SegmentationModel,
  size?: InputSize,
): InputSize | null {
  if (!architecture) return null;
  if (!networks.get(architecture.name).hasFixedGraph?.(architecture)) return null;
  const side = STEPS * inputMultiple;
  return size ?? { height: side, width: side };
}

/** The exported graph of a built-in network; the graph of a user's own network as it is. */
async function graphOf(
  model: SegmentationModel,
  size: InputSize | null,
): Promise<{ topology: unknown; own: GraphWeight[] }> {
  const { architecture } = model;
  if (!architecture) return { topology: model.layers.toJSON(null, false), own: [] };
  const graph = exportedGraph({ ...model, architecture }, size);
  try {
    const shapes = new Map(model.layers.weights.map((w) => [w.originalName, String(w.shape)]));
    const own: GraphWeight[] = [];
    for (const weight of graph.weights) {
      const { originalName: name, shape } = weight;
      if (!name.endsWith(MATRIX_WEIGHT) && shapes.get(name) === String(shape)) continue;
      own.push({
        name,
        shape: shape as number[],
        values: await weight.read().data() as Float32Array,
      });
    }
    return { topology: graph.toJSON(null, false), own };
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
  size: InputSize | null,
): tf.LayersModel {
  const weights = new Map(model.layers.weights.map((weight) => [weight.originalName, weight]));
  const builder = tfjsBuilder(
    ({ name }) => weights.get(name)!.read().clone(),
    size ?? undefined,
  );
  const { architecture, name, logitStride: factor } = model;
  return assemble({ name, builder }, (builder) => {
    const logits = networks.get(architecture.name).build(builder, architecture);
    const scores = architecture.upsampleOrder === "probabilities"
      ? builder.softmax(logits, { name: "probabilities" })
      : logits;
    return factor === 1 ? scores : builder.upsample(scores, { name: "upsample", factor });
  });
}
