/**
 * The forward pass of training in pieces of the network: only what crosses from one piece to the next
 * is kept for the backward pass, which computes each piece again (Chen et al. 2016). The batch stays
 * whole, so that batch norm has its statistics, and the result is bit-identical to one pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { recordAll } from "../engine/tape.ts";
import type { DropoutState } from "./builders/layers.ts";
import { nodeOf } from "./forward_training.ts";
import type { SegmentationModel } from "./segmentation_model.ts";

/** A pass whose backward pass can be run once. */
export interface SegmentedForward {
  /** Logits, owned by the caller. */
  value: tf.Tensor;
  /**
   * Gradients with respect to weights from `dy`, that at `value`, which is consumed.
   *
   * @returns One for each weight, owned by the caller; `null` where `value` does not depend on it.
   */
  backward(dy: tf.Tensor, weights: readonly tf.Tensor[]): (tf.Tensor | null)[];
}

/** Consecutive layers, and the symbolic tensors that they read from and leave to others. */
interface Piece {
  layers: tf.layers.Layer[];
  inputs: number[];
  outputs: number[];
}

/** Tensors by the ids of the symbolic ones that they stand for. */
type Values = Map<number, tf.Tensor>;

/**
 * Runs G on a batch in training mode, in pieces.
 *
 * @param images Normalised images `[b, h, w, 3]`, which must outlive the backward pass.
 * @param options Number of pieces, of about equally large activations; the others as of
 * `forwardTraining`.
 * @throws {RangeError} If a layer is used twice.
 * @example
 * ```ts
 * import { buildModel, tf, useBackend } from "@segadv/segadv";
 * import { segmentedForward } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "unet", width: 1 / 16 }, { classes: 2, seed: 1 });
 * const { value, backward } = segmentedForward(model, tf.ones([1, 32, 32, 3]), { pieces: 3 });
 * const score = model.layers.getLayer("score").weights[1]!.read();
 * const [gradient] = backward(tf.onesLike(value), [score]);
 * assert.deepEqual([...await gradient!.data()], [32 * 32, 32 * 32]);
 * ```
 */
export function segmentedForward(
  model: SegmentationModel,
  images: tf.Tensor4D,
  options: {
    pieces: number;
    auxiliary?: boolean | undefined;
    dropout?: DropoutState | undefined;
  },
): SegmentedForward {
  const { auxiliary, dropout } = options;
  const kwargs = { training: true, auxiliary, dropout };
  const pieces = piecesOf(model, images, options);
  const input = model.layers.inputs[0]!.id;
  const kept: Values = new Map([[input, images]]);
  for (const piece of pieces) {
    const made = tf.tidy(() => run(piece, kept, { ...kwargs, updateStatistics: true }));
    piece.outputs.forEach((id, i) => kept.set(id, made[i]!));
  }
  const last = model.layers.outputs[0]!.id;
  const value = kept.get(last)!;
  kept.delete(last);

  function backward(dy: tf.Tensor, weights: readonly tf.Tensor[]): (tf.Tensor | null)[] {
    const results = new Map<number, tf.Tensor | null>();
    const gradients: Values = new Map([[last, dy]]);
    const ownOf = pieces.map(({ layers }) =>
      weights.filter((weight) => layers.some((layer) => reads(layer, weight)))
    );
    // Before the first weight that is trained there is nothing to compute
    const first = ownOf.findIndex((own) => own.length > 0);
    for (const [i, piece] of [...pieces.entries()].toReversed()) {
      for (const id of piece.outputs) {
        kept.get(id)?.dispose();
        kept.delete(id);
      }
      if (i < first) continue;
      const own = ownOf[i]!;
      const inputs = i === first ? [] : piece.inputs.filter((id) => id !== input);
      const recording = recordAll(() => run(piece, kept, { ...kwargs, updateStatistics: false }));
      tf.dispose(recording.values);
      const wanted = [...inputs.map((id) => kept.get(id)!), ...own];
      const dys = piece.outputs.map((id) => taken(gradients, id));
      const found = recording.backward(dys, wanted, inputs.map((id) => taken(gradients, id)));
      inputs.forEach((id, i) => {
        if (found[i] != null) gradients.set(id, found[i]);
      });
      own.forEach((weight, i) => results.set(weight.id, found[inputs.length + i]!));
    }
    return weights.map(({ id }) => results.get(id) ?? null);
  }
  return { value, backward };
}

/** Runs a piece on what is kept. */
function run(piece: Piece, kept: Values, kwargs: Record<string, unknown>): tf.Tensor[] {
  const values: Values = new Map(piece.inputs.map((id) => [id, kept.get(id)!]));
  for (const layer of piece.layers) {
    const { inputTensors, outputTensors } = nodeOf(layer);
    const inputs = inputTensors.map(({ id }) => values.get(id)!);
    const y = layer.apply(inputs.length === 1 ? inputs[0]! : inputs, kwargs) as tf.Tensor;
    values.set(outputTensors[0]!.id, y);
  }
  return piece.outputs.map((id) => values.get(id)!);
}

function reads(layer: tf.layers.Layer, weight: tf.Tensor): boolean {
  return layer.trainableWeights.some((one) => one.read().id === weight.id);
}

/** Takes a gradient out; `null` where nothing depends on the value. */
function taken(gradients: Values, id: number): tf.Tensor | null {
  const gradient = gradients.get(id) ?? null;
  gradients.delete(id);
  return gradient;
}

const cache = new WeakMap<tf.LayersModel, Map<string, Piece[]>>();

/** Cuts a model into pieces, once for each shape of its input. */
function piecesOf(
  { layers: model }: SegmentationModel,
  images: tf.Tensor4D,
  { pieces }: { pieces: number },
): Piece[] {
  const known = cache.get(model) ?? new Map<string, Piece[]>();
  cache.set(model, known);
  const key = `${pieces} ${images.shape}`;
  let found = known.get(key);
  if (found === undefined) known.set(key, found = cut(model, images, pieces));
  return found;
}

/** Cuts where little crosses, behind about equal shares of all activations. */
function cut(model: tf.LayersModel, images: tf.Tensor4D, count: number): Piece[] {
  const input = model.inputs[0]!;
  const layers = executionOrder(model);
  const sizes = sizesOf(layers, { input: input.id, images });
  const lastUse = new Map<number, number>([[model.outputs[0]!.id, layers.length]]);
  layers.forEach((layer, i) => {
    for (const { id } of nodeOf(layer).inputTensors) {
      lastUse.set(id, Math.max(i, lastUse.get(id) ?? 0));
    }
  });
  const made = layers.map((layer) => nodeOf(layer).outputTensors[0]!.id);
  const crossing = (position: number): number =>
    made.slice(0, position).reduce(
      (sum, id, i) => (lastUse.get(id) ?? 0) >= position ? sum + sizes[i]! : sum,
      0,
    );
  const share = sizes.reduce((a, b) => a + b, 0) / count;
  const cuts = [0];
  let [size, best] = [0, null as { position: number; crossing: number } | null];
  layers.forEach((_, i) => {
    size += sizes[i]!;
    if (cuts.length === count || size < 0.6 * share) return;
    const here = { position: i + 1, crossing: crossing(i + 1) };
    if (best === null || here.crossing <= best.crossing) best = here;
    if (size < share || i + 1 >= layers.length) return;
    cuts.push(best.position);
    size = sizes.slice(best.position, i + 1).reduce((a, b) => a + b, 0);
    best = null;
  });
  return cuts.map((from, piece) => {
    const to = cuts[piece + 1] ?? layers.length;
    const own = layers.slice(from, to);
    const ids = new Set(made.slice(from, to));
    const read = own.flatMap((layer) => nodeOf(layer).inputTensors.map(({ id }) => id));
    return {
      layers: own,
      inputs: [...new Set(read.filter((id) => !ids.has(id)))],
      outputs: [...ids].filter((id) => (lastUse.get(id) ?? -1) >= to),
    };
  });
}

/**
 * Layers in the order in which tfjs runs them, on which the order of the terms of a gradient's sum
 * depends: depth first from the output, last inputs first.
 */
function executionOrder(model: tf.LayersModel): tf.layers.Layer[] {
  const sorted: tf.layers.Layer[] = [];
  const seen = new Set<number>([model.inputs[0]!.id]);
  // Without recursion: networks may be deep
  const stack = [{ tensor: model.outputs[0]!, isOpen: false }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const { id, sourceLayer } = top.tensor;
    if (seen.has(id)) stack.pop();
    else if (top.isOpen) {
      stack.pop();
      seen.add(id);
      sorted.push(sourceLayer);
    } else {
      top.isOpen = true;
      for (const tensor of nodeOf(sourceLayer).inputTensors) {
        if (!seen.has(tensor.id)) stack.push({ tensor, isOpen: false });
      }
    }
  }
  return sorted;
}

/** Numbers of values of all activations, by a pass that keeps none. */
function sizesOf(
  layers: readonly tf.layers.Layer[],
  { input, images }: { input: number; images: tf.Tensor4D },
): number[] {
  // One sample: batch norm may not be asked for statistics that move
  const first = tf.slice(images, [0, 0, 0, 0], [1, -1, -1, -1]);
  const values: Values = new Map([[input, first]]);
  const left = new Map<number, number>();
  for (const layer of layers) {
    for (const { id } of nodeOf(layer).inputTensors) left.set(id, (left.get(id) ?? 0) + 1);
  }
  const sizes = layers.map((layer) => {
    const { inputTensors, outputTensors } = nodeOf(layer);
    const inputs = inputTensors.map(({ id }) => values.get(id)!);
    const y = tf.tidy(() =>
      layer.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: false }) as tf.Tensor
    );
    values.set(outputTensors[0]!.id, y);
    for (const { id } of inputTensors) {
      const more = left.get(id)! - 1;
      left.set(id, more);
      if (more === 0) {
        values.get(id)!.dispose();
        values.delete(id);
      }
    }
    return y.size;
  });
  tf.dispose([...values.values()]);
  return sizes;
}
