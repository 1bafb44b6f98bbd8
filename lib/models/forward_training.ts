/**
 * The forward pass of the segmentation network in training.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkpointed } from "../engine/gradient_checkpointing.ts";
import type { DropoutState } from "./builders/layers.ts";
import type { SegmentationModel } from "./segmentation_model.ts";

/** Consecutive layers of a model whose only input from outside is one tensor. */
interface Segment {
  /** Id of the symbolic tensor that is its input. */
  input: number;
  layers: tf.layers.Layer[];
}

/**
 * Runs G on a batch in training mode: dropout is on, batch norm uses the batch and moves its
 * statistics, once. To be recorded.
 *
 * @param images Normalised images `[b, h, w, 3]`; with `gradientCheckpointing` they must outlive the
 * backward pass.
 * @param options `dropout` decides the masks. With `gradientCheckpointing` the activations of the
 * first stages (`model.stages`) are not kept for the backward pass but computed again in it,
 * bit-identically. With `auxiliary` a network with an auxiliary head gives its logits as well.
 * @returns Logits `[b, h/stride, w/stride, classes]`, owned by the caller; with those of an auxiliary
 * head as `packLogits` lays them out.
 * @throws {RangeError} With `gradientCheckpointing`, if the model's stages are unknown or no stages.
 *
 * @example
 * ```ts
 * import { buildModel, tf, useBackend } from "@segadv/segadv";
 * import { record } from "@segadv/segadv/engine";
 * import { forwardTraining } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "resnet50", width: 1 / 32 }, { classes: 2, seed: 1 });
 * const kept = (gradientCheckpointing: boolean) => {
 *   const before = tf.memory().numBytes;
 *   const images = tf.ones<tf.Rank.R4>([1, 32, 32, 3]);
 *   const forward = record(() => forwardTraining(model, images, { gradientCheckpointing }));
 *   const bytes = tf.memory().numBytes - before;
 *   forward.dispose();
 *   tf.dispose([images, forward.value]);
 *   return bytes;
 * };
 * assert.ok(kept(true) < kept(false) / 1.5);
 * ```
 */
export function forwardTraining(
  model: SegmentationModel,
  images: tf.Tensor4D,
  options: { gradientCheckpointing?: boolean; auxiliary?: boolean; dropout?: DropoutState } = {},
): tf.Tensor {
  const { dropout, auxiliary } = options;
  const kwargs = { training: true, updateStatistics: true, auxiliary, dropout };
  if (options.gradientCheckpointing !== true) {
    return model.layers.apply(images, kwargs) as tf.Tensor;
  }
  const segments = segmentsOf(model);
  const last = segments.pop()!;
  let isTrained = false;
  const x = segments.reduce<tf.Tensor>((x, segment) => {
    const needsInputGradient = isTrained;
    const weights = weightsOf(segment, model.frozen);
    isTrained ||= weights.length > 0;
    const run = (x: tf.Tensor, { recomputing }: { recomputing: boolean }): tf.Tensor =>
      runSegment(segment, x, { ...kwargs, updateStatistics: !recomputing });
    return checkpointed(run, { x, weights, needsInputGradient });
  }, images);
  return runSegment(last, x, kwargs);
}

/** The layers of a model, split behind each of its first stages. */
function segmentsOf({ name, layers: model, stages }: SegmentationModel): Segment[] {
  if (stages === undefined || stages.length === 0) {
    throw new RangeError(
      `Cannot checkpoint stages of "${name}": it names none; pass stages to fromLayersModel, or set ` +
        "train.gradientCheckpointing to false",
    );
  }
  const input = model.inputs[0]!;
  const layers = model.layers.filter((layer) => layer !== input.sourceLayer);
  const segments: Segment[] = [];
  let [from, id] = [0, input.id];
  for (const stage of stages) {
    const end = layers.findIndex((layer) => layer.name === stage);
    if (end < from) {
      throw new RangeError(
        `Cannot checkpoint stages of "${name}": no layer "${stage}" behind the one before; stages ` +
          "must be names of its layers, in order",
      );
    }
    segments.push({ input: id, layers: layers.slice(from, end + 1) });
    [from, id] = [end + 1, nodeOf(layers[end]!).outputTensors[0]!.id];
  }
  return [...segments, { input: id, layers: layers.slice(from) }];
}

/** Runs layers as the model would. */
function runSegment(segment: Segment, x: tf.Tensor, kwargs: Record<string, unknown>): tf.Tensor {
  return tf.tidy(() => {
    const values = new Map<number, tf.Tensor>([[segment.input, x]]);
    let y = x;
    for (const layer of segment.layers) {
      const { inputTensors, outputTensors } = nodeOf(layer);
      const inputs = inputTensors.map(({ id }) => values.get(id));
      const [first] = inputs;
      if (first === undefined || inputs.includes(undefined)) {
        throw new RangeError(
          `Cannot checkpoint stages: ${layer.name} reads from within another stage; name stages ` +
            "through whose last layer all that follows passes",
        );
      }
      y = layer.apply(inputs.length === 1 ? first : inputs as tf.Tensor[], kwargs) as tf.Tensor;
      values.set(outputTensors[0]!.id, y);
    }
    return y;
  });
}

function weightsOf({ layers }: Segment, frozen?: ReadonlySet<string>): tf.Variable[] {
  return layers.filter(({ name }) => frozen?.has(name) !== true)
    .flatMap((layer) => layer.trainableWeights.map((w) => w.read() as tf.Variable));
}

/** The node of a layer in its model; a layer that is used twice belongs to no stage. */
export function nodeOf(layer: tf.layers.Layer): tf.layers.Layer["inboundNodes"][number] {
  const [node, ...more] = layer.inboundNodes;
  if (node !== undefined && more.length === 0) return node;
  throw new RangeError(
    `Cannot checkpoint stages: ${layer.name} is used ${layer.inboundNodes.length} times`,
  );
}
