/**
 * Networks in the tfjs Layers format, as files in memory: what is written to a folder, to a page's own
 * store, or read from either.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { buildNetwork } from "../build_model.ts";
import { MATRIX_WEIGHT } from "../builders/linear_map.ts";
import { assemble, tfjsBuilder } from "../builders/tfjs_builder.ts";
import { networks, parseArchitecture } from "../networks/registry.ts";
import { fromLayersModel } from "../from_layers_model.ts";
import type { ArchitectureOptions, SegmentationModel } from "../segmentation_model.ts";
import { type ModelFiles, readArtifacts } from "../../weights/formats/model_files.ts";
import { sealedJson, verifySavedModel, weightsFileName } from "../../weights/formats/model_seal.ts";
import { checkStored, type GraphWeight, readWeights, storedWeights } from "./stored_weights.ts";
import type { ModelMetadata, SavedModelInfo } from "../../weights/weight_file.ts";

/** Height and width of a network's input. */
export interface InputSize {
  height: number;
  width: number;
}

/** Options of {@linkcode packModel}. */
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

/** The two files of a saved network. */
export interface PackedModel {
  /** Text of `model.json`. */
  json: string;
  weights: { name: string; bytes: Uint8Array };
}

/**
 * The files of a network, as `saveSegmentationModel()` writes them.
 *
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite.
 *
 * @example
 * ```ts
 * import * as segadv from "@segadv/segadv/browser";
 * import assert from "node:assert/strict";
 *
 * await segadv.tf.setBackend("cpu");
 * const { normalize } = segadv.defaultConfig().data;
 * const classes: segadv.ClassInfo[] = [
 *   { name: "sky", color: [0, 0, 255] },
 *   { name: "sea", color: [0, 255, 255] },
 * ];
 * const options = { name: "fcn8s-vgg16", width: 1 / 64 };
 * const model = segadv.buildModel(options, { classes: 2, seed: 1 });
 * const { json, weights } = await segadv.packModel(model, { classes, normalize });
 * const files = new Map([["model.json", new TextEncoder().encode(json)], [weights.name, weights.bytes]]);
 * const loaded = await segadv.unpackModel(segadv.modelFilesOf(files, "memory"));
 * assert.equal(loaded.classes[1]!.name, "sea");
 * ```
 */
export async function packModel(
  model: SegmentationModel,
  options: SaveOptions,
): Promise<PackedModel> {
  const size = fixedInputSize(model, options.inputSize);
  const { topology, own } = await graphOf(model, size);
  const { specs, bytes } = await readWeights(model, own);
  const name = weightsFileName(bytes);
  const json = {
    format: "layers-model",
    generatedBy: "segadv",
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: [name], weights: specs }],
    userDefinedMetadata: { segadv: modelInfo(model, { ...options, size }) },
  };
  return { json: sealedJson(json), weights: { name, bytes } };
}

/**
 * The network of files that {@linkcode packModel} made, ready to train on.
 *
 * @returns A model that owns its weights: dispose with `model.layers.dispose()`.
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite.
 * @throws {Error} If a file is missing, or a bit of it is not as it was saved.
 * @throws {TypeError} If another program wrote them; the message names the way round.
 */
export async function unpackModel(files: ModelFiles): Promise<LoadedModel> {
  await verifySavedModel(files);
  const artifacts = await readArtifacts(files);
  const info = artifacts.userDefinedMetadata?.segadv as SavedModelInfo | undefined;
  if (info?.format !== 1) {
    throw new TypeError(
      `Cannot load ${files.label} as a segmentation model: it was not saved by this toolkit; load it with ` +
        "tf.loadLayersModel and wrap it with fromLayersModel",
    );
  }
  checkStored(artifacts, files.label);
  const { classes, normalize, pictures, architecture, name, upsampleOrder, inputMultiple } = info;
  const model = architecture
    ? buildNetwork(
      parseArchitecture({ classes: classes.length, ...architecture }),
      storedWeights(artifacts, files.label),
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
