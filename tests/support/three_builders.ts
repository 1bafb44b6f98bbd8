/** Checks that the three builders agree on a layer. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import type { LayerBuilder } from "../../lib/models/builders/layer_builder.ts";
import { shapeBuilder } from "../../lib/models/builders/shape_builder.ts";
import { tfjsBuilder } from "../../lib/models/builders/tfjs_builder.ts";
import { trainingBuilder } from "../../lib/models/builders/training_builder.ts";
import { seededWeights } from "../../lib/models/builders/weight_source.ts";
import { normalTensor } from "./gradients.ts";
import { difference } from "./small_models.ts";

/** Builds the layer under test. */
export type BuildLayer = <T>(builder: LayerBuilder<T>, x: T) => T;

/**
 * Fails unless a layer of normal weights gives one map by stock tfjs layers and by the layers that train,
 * and its row in the table of layers has the map's shape and the weights' shapes.
 *
 * @returns The map.
 */
export async function assertBuildersAgree(
  build: BuildLayer,
  input: [b: number, height: number, width: number, channels: number],
): Promise<tf.Tensor> {
  const [, height, width, channels] = input;
  const x = normalTensor("x", input);
  const source = seededWeights(1);
  const run = (builder: LayerBuilder<tf.SymbolicTensor>) => {
    const from = builder.input(channels);
    const model = tf.model({ inputs: from, outputs: build(builder, from) });
    return { y: model.predict(x) as tf.Tensor, weights: model.weights };
  };
  const exported = run(tfjsBuilder(source));
  const trained = run(trainingBuilder(source));
  assert.ok(await difference(exported.y, trained.y) < 2e-5);
  const { builder, rows } = shapeBuilder({ height, width });
  const shape = build(builder, builder.input(channels));
  assert.deepEqual(exported.y.shape, [input[0], shape.height, shape.width, shape.channels]);
  assert.deepEqual(
    rows.flatMap((row) => row.weights).map(({ name, shape }) => ({ name, shape })),
    trained.weights.map(({ originalName: name, shape }) => ({ name, shape })),
  );
  return trained.y;
}
