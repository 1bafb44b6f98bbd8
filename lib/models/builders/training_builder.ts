/**
 * The builder of the model that trains: tfjs layers, replaced by the engine's fused ops where these are
 * faster or more exact.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { adaptivePoolTraining } from "./adaptive_pool.ts";
import { attentionTraining } from "./attention.ts";
import { auxiliaryTraining } from "./auxiliary.ts";
import { trainingConvolutions } from "./convolutions.ts";
import { depthwiseTraining } from "./depthwise_conv.ts";
import { dropPathTraining } from "./drop_path.ts";
import { elementwiseTraining } from "./elementwise.ts";
import type { LayerBuilder } from "./layer_builder.ts";
import { normsTraining } from "./norms.ts";
import { poolingTraining } from "./pooling.ts";
import { projectionTraining } from "./projection.ts";
import { resizingTraining } from "./resizing.ts";
import { tfjsBuilder } from "./tfjs_builder.ts";
import type { WeightSource } from "./weight_source.ts";

/** A builder of the network that trains; its dropout layers are given a `DropoutState` when called. */
export function trainingBuilder(source: WeightSource): LayerBuilder<tf.SymbolicTensor> {
  return {
    ...tfjsBuilder(source),
    ...trainingConvolutions(source),
    ...adaptivePoolTraining(),
    ...attentionTraining(),
    ...auxiliaryTraining(),
    ...depthwiseTraining(source),
    ...dropPathTraining(),
    ...elementwiseTraining(),
    ...normsTraining(source),
    ...poolingTraining(),
    ...projectionTraining(source),
    ...resizingTraining(),
  };
}
