/**
 * Windows of images that are too large for one forward pass: their size, by the memory of the
 * backend, and their places.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Size } from "../../util/schema.ts";
import { type BackendInfo, currentBackend } from "../../backend/use_backend.ts";
import { exactSin } from "../../util/exact_math.ts";
import { mebibytes } from "../../util/format.ts";
import { paddedSize } from "./forward.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import type { InferenceOptions } from "./inference_options.ts";

/** What a network takes as input in one forward pass. */
export interface WindowChoice {
  /** Height and width, multiples of what the network takes. */
  window: Size;
  /** Images, at least 1, that fit into one forward pass. */
  batch: number;
  /** Why it is not the whole image, in one line; `null` where it is, or where the caller asked. */
  notice: string | null;
}

/** Factor on the activations for a fragmented heap. */
const MARGIN = 1.25;

/** Bytes for what kernels keep apart from tensors: transformed filters, lists, packed panels. */
const SCRATCH = 2 ** 27;

/**
 * Chooses what `options.window` leaves open, by the limits of the current backend: the largest
 * tensor that an adapter binds, or the memory that WASM can still address.
 *
 * @param size Height and width of the image.
 */
export function chooseWindow(
  model: SegmentationModel,
  size: Size,
  options: Pick<InferenceOptions, "window" | "overlap"> & { backend?: BackendInfo | null } = {},
): WindowChoice {
  const { window = "auto", overlap = 0.25, backend = currentBackend() } = options;
  const whole = paddedSize(model, size);
  const wanted = typeof window === "string" ? whole : paddedSize(model, window);
  const asked: Size = [Math.min(wanted[0], whole[0]), Math.min(wanted[1], whole[1])];
  if (backend === null) return { window: asked, batch: Infinity, notice: null };
  const free = (backend.memoryBytes ?? Infinity) - tf.memory().numBytes - SCRATCH;
  const largest = backend.largestTensorBytes ?? Infinity;
  const fits = (bytes: ActivationBytes): boolean =>
    bytes.peak * MARGIN <= free && bytes.largest <= largest;
  const needs = activationBytes(model, asked);
  if (window !== "auto" || fits(needs)) {
    const batch = Math.floor(Math.min(free / (needs.peak * MARGIN), largest / needs.largest));
    return { window: asked, batch: Math.max(1, batch), notice: null };
  }
  const parts: Size = [1, 1];
  let smaller = whole;
  // Down to the smallest, whose failure the backend explains
  const least = paddedSize(model, [1, 1]);
  while (!fits(activationBytes(model, smaller)) && `${smaller}` !== `${least}`) {
    parts[smaller[0] > smaller[1] ? 0 : 1]++;
    const side = (axis: 0 | 1): number => size[axis] / (1 + (parts[axis] - 1) * (1 - overlap));
    smaller = paddedSize(model, [side(0), side(1)]);
  }
  const [takes, left] = [mebibytes(needs.peak * MARGIN), mebibytes(Math.max(0, free))];
  const reason = needs.largest > largest
    ? `whole, one takes a tensor of ${mebibytes(needs.largest)} and ${backend.device} binds at ` +
      `most ${mebibytes(largest)}`
    : `whole, one takes ${takes} and ${left} are left of what ${backend.name} can address`;
  const notice = `images of ${size[1]}x${size[0]} are predicted in windows of ` +
    `${smaller[1]}x${smaller[0]} (inference.window): ${reason}`;
  return { window: smaller, batch: 1, notice };
}

/** A rectangle of an image, in pixels. */
export interface Place {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** What windows are placed by. */
export interface PlaceOptions {
  /** Height and width of a window; a side as long as the image's or longer covers it whole. */
  window: Size;
  /** Share of a window that overlaps with the next one, in [0, 1). */
  overlap: number;
}

/**
 * Covers an image with windows of one size, row by row; the last of a row or column is moved back
 * to end with the image.
 *
 * @param size Height and width of the image.
 * @throws {RangeError} If `overlap` is outside [0, 1).
 */
export function placeWindows(size: Size, options: PlaceOptions): Place[] {
  const { window, overlap } = options;
  if (!(overlap >= 0 && overlap < 1)) {
    throw new RangeError(`Cannot place windows with overlap ${overlap}: it must be in [0, 1)`);
  }
  const height = Math.min(window[0], size[0]);
  const width = Math.min(window[1], size[1]);
  const lefts = starts(size[1], { window: width, overlap });
  return starts(size[0], { window: height, overlap })
    .flatMap((top) => lefts.map((left) => ({ top, left, height, width })));
}

/** Where windows begin along one side. */
function starts(
  length: number,
  { window, overlap }: { window: number; overlap: number },
): number[] {
  const step = Math.max(1, Math.round(window * (1 - overlap)));
  const count = 1 + Math.ceil((length - window) / step);
  return Array.from({ length: count }, (_, i) => Math.min(i * step, length - window));
}

/** Largest weight of a pixel along one side: a whole number, so that sums of products are exact. */
const MOST_WEIGHT = 256;

/**
 * Weights of the pixels of a window along one side: a Hann window, sin²(π(i + ½)/n), in whole numbers
 * from 1 to 256, so that one window fades into the next. A side as long as the image's has no
 * neighbour and weighs the same everywhere.
 *
 * @param length Pixels of the window along the side.
 * @param options `side`: pixels of the image along it.
 */
export function blendWeights(length: number, { side }: { side: number }): Uint16Array {
  if (length >= side) return new Uint16Array(length).fill(1);
  return Uint16Array.from({ length }, (_, i) => {
    const sine = exactSin(Math.PI * (i + 0.5) / length);
    return Math.max(1, Math.round(MOST_WEIGHT * sine * sine));
  });
}

/** Bytes of a forward pass of one image, its class map included. */
export interface ActivationBytes {
  /** Largest sum of live tensors; tfjs frees an activation after its last use. */
  peak: number;
  /** The largest single tensor. */
  largest: number;
}

/**
 * Bytes of a forward pass of `[1, height, width, 3]`, from the shapes of the layers' graph alone.
 *
 * @param size One that the network can take.
 */
export function activationBytes(
  { layers: model, classes }: SegmentationModel,
  [height, width]: Size,
): ActivationBytes {
  const shapes = new Map<string, number[]>();
  const uses = countUses(model);
  const [input] = model.inputs;
  const channels = input!.shape.at(-1)!;
  shapes.set(input!.name, [1, height, width, channels]);
  let live = bytesOf([1, height, width, channels]);
  // Softmax and resizing hold two class maps, cutting the padding off a third
  const map = bytesOf([1, height, width, classes]);
  let peak = 3 * map;
  let largest = map;
  for (const { from, to, layer } of callsOf(model)) {
    const inputs = from.map(({ name }) => shapes.get(name)!);
    const computed = layer.computeOutputShape(inputs.length === 1 ? inputs[0]! : inputs);
    // A layer of several outputs has a call for each
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
interface Call {
  layer: tf.layers.Layer;
  from: tf.SymbolicTensor[];
  to: tf.SymbolicTensor;
}

/** All calls in the order in which they can be made. */
function callsOf(model: tf.LayersModel): Call[] {
  const seen = new Set<string>([model.inputs[0]!.name]);
  const found: Call[] = [];
  // An explicit stack, as recursion through 152 layers overflows some call stacks
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
  for (const { from } of callsOf(model)) {
    for (const { name } of from) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  // The caller holds the input
  return uses.set(model.inputs[0]!.name, Infinity);
}

function bytesOf(shape: readonly number[]): number {
  return 4 * shape.reduce((product, length) => product * length, 1);
}
