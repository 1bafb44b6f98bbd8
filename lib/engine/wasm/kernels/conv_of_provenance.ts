/** Convolutions of maps that are cheaper on what the maps were made of. */
import type * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { coversEnlarged, enlargedConv, enlargedFilterGrad } from "./upsampled_conv.ts";
import { coversLabels, labelConv, labelFilterGrad } from "./label_conv.ts";

/** A convolution of `x`. */
interface Convolution {
  info: tf.backend_util.Conv2DInfo;
  x: tf.TensorInfo;
}

/** Computes a forward convolution and returns true, where `x` has an origin to do it on. */
export function convOfOrigin(
  engine: Engine,
  o: Convolution & {
    filter: number;
    out: number;
    bias: number;
    activation: number;
    alpha: number;
  },
): boolean {
  const origin = engine.origins.find(o.x);
  if (origin?.kind === "labels" && coversLabels(o.info)) {
    labelConv(engine, { ...o, labels: origin.at });
    return true;
  }
  if (origin?.kind === "enlarged" && coversEnlarged(o.info)) {
    enlargedConv(engine, { ...o, origin, pixels: o.out });
    return true;
  }
  return false;
}

/** The same for a filter gradient, which goes to `out`. */
export function filterGradOfOrigin(
  engine: Engine,
  o: Convolution & { dy: number; out: number },
): boolean {
  const origin = engine.origins.find(o.x);
  if (origin?.kind === "labels" && coversLabels(o.info)) {
    labelFilterGrad(engine, { ...o, labels: origin.at });
    return true;
  }
  if (origin?.kind === "enlarged" && coversEnlarged(o.info)) {
    enlargedFilterGrad(engine, { info: o.info, origin, pixels: o.dy, filter: o.out });
    return true;
  }
  return false;
}
