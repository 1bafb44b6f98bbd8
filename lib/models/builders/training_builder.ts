/**
 * The builder of the model that trains: tfjs layers, replaced by the engine's fused ops where these are
 * faster or more exact.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { resizeBilinear } from "../../engine/ops/resize_bilinear.ts";
import { trainingConvolutions } from "./convolutions.ts";
import { type LayerBuilder, unsupportedLayers } from "./layer_builder.ts";
import { BatchNormalization, dropout } from "./layers.ts";
import { operation } from "./operation.ts";
import { tfjsBuilder } from "./tfjs_builder.ts";
import { initializer, type WeightSource } from "./weight_source.ts";

/** A builder of the network that trains; its dropout layers are given a `DropoutState` when called. */
export function trainingBuilder(source: WeightSource): LayerBuilder<tf.SymbolicTensor> {
  return {
    ...tfjsBuilder(source),
    ...unsupportedLayers("training"),
    ...trainingConvolutions(source),
    batchNorm(x, { name, momentum, eps, relu, leak = 0 }) {
      const layer = new BatchNormalization({
        name,
        momentum,
        eps,
        relu,
        leak,
        gamma: initializer(source, { name: `${name}/gamma`, init: { kind: "ones" } }),
        beta: initializer(source, { name: `${name}/beta`, init: { kind: "zeros" } }),
        mean: initializer(source, { name: `${name}/moving_mean`, init: { kind: "zeros" } }),
        variance: initializer(source, { name: `${name}/moving_variance`, init: { kind: "ones" } }),
      });
      return layer.apply(x) as tf.SymbolicTensor;
    },
    scale: (x, { name, factor }) => operation(x, { name, run: (t) => tf.mul(t, factor) }),
    dropout: (x, { name, rate }) =>
      operation(x, {
        name,
        run: (t, { training, dropout: state = { seed: 0, step: 0 } }) =>
          training ? dropout(t, { ...state, rate, layer: name }) : t.clone(),
      }),
    upsample: (x, { name, factor }) =>
      operation(x, {
        name,
        run: (t) => resizeBilinear(t, { height: t.shape[1] * factor, width: t.shape[2] * factor }),
        outputShape: ([b, h, w, c]) => [b!, times(h, factor), times(w, factor), c!],
      }),
  };
}

/** A length that may be unknown (null), times a factor. */
function times(length: number | null | undefined, factor: number): number | null {
  return length == null ? null : length * factor;
}
