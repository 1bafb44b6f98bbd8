/**
 * The builder of the model that trains: tfjs layers, replaced by the engine's fused ops where these are
 * faster or more exact.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { trainingConvolutions } from "./convolutions.ts";
import { type LayerBuilder, unsupportedLayers } from "./layer_builder.ts";
import { dropout } from "./layers.ts";
import { attentionTraining } from "./attention.ts";
import { normsTraining } from "./norms.ts";
import { operation } from "./operation.ts";
import { resizingTraining } from "./resizing.ts";
import { tfjsBuilder } from "./tfjs_builder.ts";
import type { WeightSource } from "./weight_source.ts";

/** A builder of the network that trains; its dropout layers are given a `DropoutState` when called. */
export function trainingBuilder(source: WeightSource): LayerBuilder<tf.SymbolicTensor> {
  return {
    ...tfjsBuilder(source),
    ...unsupportedLayers("training"),
    ...trainingConvolutions(source),
    ...attentionTraining(),
    ...normsTraining(source),
    ...resizingTraining(),
    scale: (x, { name, factor }) => operation(x, { name, run: (t) => tf.mul(t, factor) }),
    dropout: (x, { name, rate }) =>
      operation(x, {
        name,
        run: (t, { training, dropout: state = { seed: 0, step: 0 } }) =>
          training ? dropout(t, { ...state, rate, layer: name }) : t.clone(),
      }),
  };
}
