/**
 * Exported models against the networks they were written from, in ONNX Runtime Web.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { predict } from "../../models/inference/predict.ts";
import { inputChannelsOf, type SegmentationModel } from "../../models/segmentation_model.ts";
import type { InputSize } from "../../models/persistence/packed_model.ts";
import { randomStream } from "../../util/random.ts";
import type { OnnxOptions } from "./export_onnx.ts";

/** Runs an ONNX model on one float32 input and gives its only output. */
export type RunOnnx = (
  model: Uint8Array,
  input: { name: string; dims: readonly number[]; data: Float32Array },
) => Promise<ArrayLike<number>>;

/**
 * ONNX Runtime Web on one thread; `null` where the package `onnxruntime-web` is installed neither
 * beside segadv nor in the working directory.
 *
 * @example
 * ```ts
 * import { buildModel, defaultConfig, useBackend } from "@segadv/segadv";
 * import { checkOnnx, exportOnnx, onnxRuntimeWeb } from "@segadv/segadv/export";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "unet", width: 1 / 16 }, { classes: 2, seed: 1 });
 * const classes = [0, 1].map((i) => {
 *   return { name: `class ${i}`, color: [i, 0, 0] as [number, number, number] };
 * });
 * const options = { classes, normalize: defaultConfig().data.normalize };
 * const run = await onnxRuntimeWeb();
 * if (run !== null) {
 *   console.log(await checkOnnx(await exportOnnx(model, options), model, { ...options, run }));
 * }
 * ```
 */
export async function onnxRuntimeWeb(): Promise<RunOnnx | null> {
  interface Tensor {
    readonly data: Float32Array | BigInt64Array;
  }
  interface Runtime {
    env: { wasm: { numThreads: number }; logLevel: string };
    Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => Tensor;
    InferenceSession: {
      create(model: Uint8Array): Promise<
        { run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> }
      >;
    };
  }
  const name: string = "onnxruntime-web/wasm"; // no literal, which compilers would want to resolve
  const file = join(process.cwd(), "node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs");
  const runtime = await import(name)
    .catch(() => import(pathToFileURL(file).href))
    .catch(() => null) as Runtime | null;
  if (runtime === null) return null;
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = "error";
  return async (model, { name, dims, data }) => {
    const session = await runtime.InferenceSession.create(model);
    const outputs = await session.run({ [name]: new runtime.Tensor("float32", data, dims) });
    return Array.from(Object.values(outputs)[0]!.data as ArrayLike<number | bigint>, Number);
  };
}

/** How far an exported model is from its network. */
export type OnnxDifference =
  /** Of a network alone: the largest difference of two logits, and the largest logit. */
  | { kind: "logits"; most: number; largest: number }
  /** Of a model of pictures: pixels of another class. */
  | { kind: "classes"; differing: number; pixels: number };

/**
 * Runs an exported model on a random input and compares its output with the network's, on the current
 * backend.
 *
 * @param options Those that the model was exported with, and what runs it.
 * @throws {Error} If the runtime refuses the model.
 */
export async function checkOnnx(
  bytes: Uint8Array,
  model: SegmentationModel,
  options: Omit<OnnxOptions, "size"> & { size?: InputSize | null; run: RunOnnx },
): Promise<OnnxDifference> {
  const { size, layout = "nchw", preprocess = false, argmax = false, run } = options;
  const least = Math.max(64, model.inputMultiple);
  const [, ownHeight, ownWidth] = model.layers.inputs[0]!.shape;
  // Of a model of pictures, no multiple: the padding is a part of the check
  const [height, width] = size
    ? [size.height, size.width]
    : preprocess && ownHeight == null
    ? [least - 19, least + 6]
    : [ownHeight ?? least, ownWidth ?? least];
  const channels = inputChannelsOf(model);
  const random = randomStream(1, "check");
  const count = height * width * channels;
  const dims = layout === "nhwc" ? [1, height, width, channels] : [1, channels, height, width];
  const laid = (pixels: ArrayLike<number>): Float32Array =>
    layout === "nhwc"
      ? Float32Array.from(pixels)
      : turned(pixels, { rows: height * width, columns: channels });
  if (!preprocess) {
    const pixels = Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
    const input = tf.tensor4d(pixels, [1, height, width, channels]);
    const logits = model.layers.predict(input) as tf.Tensor4D;
    const ours = await logits.data() as Float32Array;
    const given = await run(bytes, { name: "input", dims, data: laid(pixels) });
    tf.dispose([input, logits]);
    const theirs = layout === "nhwc"
      ? given
      : turned(given, { rows: model.classes, columns: given.length / model.classes });
    const most = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
    const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return { kind: "logits", most, largest };
  }
  const data = Uint8Array.from({ length: count }, () => Math.floor(256 * random.uniform()));
  const { normalize } = options;
  const map = await predict(model, { width, height, channels, data }, { normalize });
  const given = await run(bytes, { name: "image", dims, data: laid(data) });
  const pixels = height * width;
  const scores = argmax || layout === "nhwc"
    ? given
    : turned(given, { rows: model.classes, columns: pixels });
  const classOf = (i: number): number => argmax ? scores[i]! : best(scores, i, model.classes);
  const differing = map.data.reduce((sum, value, i) => sum + (classOf(i) === value ? 0 : 1), 0);
  return { kind: "classes", differing, pixels };
}

/** The transpose of a matrix. */
function turned(
  values: ArrayLike<number>,
  { rows, columns }: { rows: number; columns: number },
): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  }
  return result;
}

/** The first of a pixel's classes with the highest score. */
function best(scores: ArrayLike<number>, pixel: number, classes: number): number {
  let found = 0;
  for (let c = 1; c < classes; c++) {
    if (scores[pixel * classes + c]! > scores[pixel * classes + found]!) found = c;
  }
  return found;
}
