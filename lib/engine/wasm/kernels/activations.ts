/**
 * Activations and their gradients; products and means channel by channel.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ActivationAttrs } from "../../ops/activations.ts";
import type { Engine } from "../engine.ts";
import { ACTIVATION_KIND } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** Values per chunk of an activation. */
const CHUNK = 1 << 14;
/** Channels per chunk of a sum over pixels, as in assembly/activations.ts. */
const SUM_CHANNELS = 32;

/** f(x), or dy·f′(x) where there is a dy. */
export function activate(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, dy } = call.inputs;
  const { activation }: ActivationAttrs = call.attrs;
  const out = call.backend.makeOutput(x!.shape, "float32");
  const count = tf.util.sizeFromShape(x!.shape);
  engine.run("activate", {
    x: engine.at(x!),
    dy: dy ? engine.at(dy) : 0,
    out: engine.at(out),
    kind: ACTIVATION_KIND[activation],
    count,
    perChunk: CHUNK,
  }, { chunks: Math.ceil(count / CHUNK), flops: 8 * count });
  return out;
}

/** Mean over height and width. */
export function globalAveragePool(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x } = call.inputs;
  const { pixels } = mapOf(x!);
  return sums(engine, call, { x: x!, factor: 1 / pixels });
}

/** Each pixel's share of the gradient of a mean. */
export function globalAveragePoolGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { dy } = call.inputs;
  const out = call.backend.makeOutput(call.attrs.inputShape, "float32");
  const factor = 1 / mapOf(out).pixels;
  scale(engine, { x: null, factors: dy!, out, factor });
  return out;
}

/** x times one factor for each image and channel. */
export function scaleChannels(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, factors } = call.inputs;
  const out = call.backend.makeOutput(x!.shape, "float32");
  scale(engine, { x: x!, factors: factors!, out, factor: 1 });
  return out;
}

/** Its gradients: dy·factors, and Σ dy·x. */
export function scaleChannelsGrad(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { x, factors, dy } = call.inputs;
  const dx = call.backend.makeOutput(x!.shape, "float32");
  scale(engine, { x: dy!, factors: factors!, out: dx, factor: 1 });
  return [dx, sums(engine, call, { x: x!, y: dy!, factor: 1 })];
}

function scale(
  engine: Engine,
  call: {
    x: tf.TensorInfo | null;
    factors: tf.TensorInfo;
    out: tf.TensorInfo;
    factor: number;
  },
): void {
  const { x, factors, out, factor } = call;
  const { batch, pixels, channels } = mapOf(out);
  const pixelsPerChunk = Math.max(1, Math.ceil(CHUNK / channels));
  engine.run("channelScale", {
    x: x ? engine.at(x) : 0,
    factors: engine.at(factors),
    out: engine.at(out),
    ...{ batch, pixels, channels, pixelsPerChunk, factor },
  }, {
    chunks: Math.ceil(batch * pixels / pixelsPerChunk),
    flops: 4 * batch * pixels * channels,
  });
}

function sums(
  engine: Engine,
  call: KernelCall,
  given: { x: tf.TensorInfo; y?: tf.TensorInfo; factor: number },
): tf.TensorInfo {
  const { x, y, factor } = given;
  const { batch, pixels, channels } = mapOf(x);
  const out = call.backend.makeOutput([batch, 1, 1, channels], "float32");
  engine.run("channelSums", {
    x: engine.at(x),
    y: y ? engine.at(y) : 0,
    out: engine.at(out),
    ...{ pixels, channels, factor },
  }, {
    chunks: batch * Math.ceil(channels / SUM_CHANNELS),
    flops: 4 * batch * pixels * channels,
  });
  return out;
}

function mapOf({ shape }: tf.TensorInfo): { batch: number; pixels: number; channels: number } {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return { batch, pixels: height * width, channels };
}
