/** What a forward pass holds in memory, from shapes alone. */
import type * as tf from "@tensorflow/tfjs";
import type { Size } from "../../config/config.ts";
import type { SegmentationModel } from "../segmentation_model.ts";

/** Bytes of a forward pass of one image, its class map included. */
export interface ActivationBytes {
  /** Most that lives at a time; tfjs frees an activation after its last use. */
  peak: number;
  /** The largest single tensor. */
  largest: number;
}

/** Walks the layers' graph with an input of `[1, height, width, 3]`; the size must be a legal one. */
export function activationBytes(
  { layers: model, classes }: SegmentationModel,
  [height, width]: Size,
): ActivationBytes {
  const shapes = new Map<string, number[]>();
  const uses = countUses(model);
  const [input] = model.inputs;
  shapes.set(input!.name, [1, height, width, 3]);
  let live = bytesOf([1, height, width, 3]);
  // Softmax and resizing hold two class maps, cutting the padding off a third
  const map = bytesOf([1, height, width, classes]);
  let peak = 3 * map;
  let largest = map;
  for (const { from, to, layer } of steps(model)) {
    const inputs = from.map(({ name }) => shapes.get(name)!);
    const computed = layer.computeOutputShape(inputs.length === 1 ? inputs[0]! : inputs);
    // A layer of several outputs has a step for each
    const output =
      (Array.isArray(computed[0]) ? computed[to.outputTensorIndex ?? 0] : computed) as number[];
    shapes.set(to.name, output);
    const bytes = bytesOf(output);
    largest = Math.max(largest, bytes);
    live += bytes;
    peak = Math.max(peak, live);
    for (const { name } of from) {
      const left = uses.get(name)! - 1;
      uses.set(name, left);
      if (left === 0) live -= bytesOf(shapes.get(name)!);
    }
  }
  return { peak, largest };
}

/** One call of a layer. */
interface Step {
  layer: tf.layers.Layer;
  from: tf.SymbolicTensor[];
  to: tf.SymbolicTensor;
}

/** All calls in the order in which they can be made. */
function steps(model: tf.LayersModel): Step[] {
  const seen = new Set<string>([model.inputs[0]!.name]);
  const found: Step[] = [];
  // A list of its own, as a network of 152 layers is deeper than some stacks like
  const open = [...model.outputs];
  while (open.length > 0) {
    const to = open.at(-1)!;
    const waiting = to.inputs.filter(({ name }) => !seen.has(name));
    if (seen.has(to.name)) open.pop();
    else if (waiting.length > 0) open.push(...waiting);
    else {
      open.pop();
      seen.add(to.name);
      found.push({ layer: to.sourceLayer, from: to.inputs, to });
    }
  }
  return found;
}

/** How many calls read each tensor; a model's outputs stay. */
function countUses(model: tf.LayersModel): Map<string, number> {
  const uses = new Map(model.outputs.map(({ name }) => [name, Infinity]));
  for (const { from } of steps(model)) {
    for (const { name } of from) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  // The caller holds the input
  return uses.set(model.inputs[0]!.name, Infinity);
}

function bytesOf(shape: readonly number[]): number {
  return 4 * shape.reduce((product, length) => product * length, 1);
}
