/**
 * A tfjs LayersModel of your own as the segmentation network.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { SegmentationModel, UpsampleOrder } from "./segmentation_model.ts";

/** What cannot be inferred from a model. */
export interface FromLayersModelOptions {
  /** @default the model's own name */
  name?: string;
  /** Order of upsampling and softmax; decides only where the stride is above 1. @default logits */
  upsampleOrder?: UpsampleOrder;
  /** Input height and width must be multiples of this. @default 32, or the model's fixed size */
  inputMultiple?: number;
  /**
   * Names of layers that end the first stages, in order, for `train.gradientCheckpointing`: all later
   * layers must depend on earlier ones through them alone.
   */
  stages?: readonly string[];
}

/**
 * Wraps a Layers model that maps images `[b, h, w, 3]` to one logit per class, at the input's size
 * or any integer fraction of it. Classes and stride are found by running it once on zeros. The model
 * stays the caller's; training changes its weights in place.
 *
 * @throws {TypeError} If the model has several inputs or outputs, other shapes, or ends in a softmax
 * (the temperature divides logits, so it must come before).
 *
 * @example
 * ```ts
 * import { fromLayersModel, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const own = tf.sequential({
 *   layers: [
 *     tf.layers.conv2d({ inputShape: [null, null, 3], filters: 8, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
 *     tf.layers.conv2d({ filters: 5, kernelSize: 1 }),
 *   ],
 * });
 * const model = fromLayersModel(own, { inputMultiple: 2 });
 * assert.equal(model.classes, 5);
 * assert.equal(model.logitStride, 2);
 * ```
 */
export function fromLayersModel(
  model: tf.LayersModel,
  options: FromLayersModelOptions = {},
): SegmentationModel {
  const name = options.name ?? model.name;
  const refuse = (reason: string): never => {
    throw new TypeError(`Cannot train the model "${name}": ${reason}`);
  };
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    refuse(
      `it has ${model.inputs.length} inputs and ${model.outputs.length} outputs, needs one each`,
    );
  }
  const [, height, width, channels] = model.inputs[0]!.shape;
  if (model.inputs[0]!.shape.length !== 4 || channels == null) {
    refuse(`its input is [${model.inputs[0]!.shape}], must be [batch, height, width, channels]`);
  }
  if (endsInSoftmax(model)) refuse("it ends in a softmax; leave it out, so that it gives logits");

  const inputMultiple = options.inputMultiple ?? fixedMultiple(height, width) ?? 32;
  const probe = [height ?? inputMultiple, width ?? inputMultiple] as const;
  const shape = tf.tidy(() =>
    (model.predict(tf.zeros([1, ...probe, channels!])) as tf.Tensor).shape
  );
  const [, outHeight, outWidth, classes] = shape;
  const logitStride = probe[0] / outHeight!;
  if (
    shape.length !== 4 || !Number.isInteger(logitStride) || probe[1] / outWidth! !== logitStride
  ) {
    refuse(
      `it maps ${probe[0]}×${probe[1]} pixels to [${shape}]; height and width must shrink by one ` +
        "whole number",
    );
  }
  return {
    name,
    layers: model,
    classes: classes!,
    logitStride,
    upsampleOrder: options.upsampleOrder ?? "logits",
    inputMultiple,
    ...(options.stages === undefined ? {} : { stages: options.stages }),
  };
}

/** A model of fixed input size runs at that size only. */
function fixedMultiple(height?: number | null, width?: number | null): number | null {
  if (height == null || width == null) return null;
  return height === width ? height : 1;
}

function endsInSoftmax(model: tf.LayersModel): boolean {
  const layer = model.outputs[0]!.sourceLayer;
  const { activation } = layer.getConfig();
  return layer.getClassName() === "Softmax" || activation === "softmax";
}
