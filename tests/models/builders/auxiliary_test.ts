import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type AuxiliaryLayers,
  auxiliaryShape,
  auxiliaryTfjs,
  auxiliaryTraining,
  packLogits,
  unpackLogits,
} from "../../../lib/models/builders/auxiliary.ts";
import { ShapeTable } from "../../../lib/models/builders/shape_table.ts";
import { assertNoLeak, normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";

const logits = normalTensor("logits", [2, 3, 4, 5]) as tf.Tensor4D;
const auxiliary = normalTensor("auxiliary", [2, 6, 8, 5]) as tf.Tensor4D;

function modelOf(layers: AuxiliaryLayers<tf.SymbolicTensor>): tf.LayersModel {
  const inputs = [0, 1].map(() => tf.input({ shape: [null, null, 5] }));
  const outputs = layers.auxiliaryOutput(inputs[0]!, { name: "a", auxiliary: inputs[1]! });
  return tf.model({ inputs, outputs });
}

describe("auxiliaryTfjs(), auxiliaryTraining() and auxiliaryShape()", () => {
  onCpu();

  test("auxiliaryOutput() gives the main logits at inference, in training where no others are wanted", async () => {
    const exported = modelOf(auxiliaryTfjs()).predict([logits, auxiliary]) as tf.Tensor;
    assert.equal(await difference(exported, logits), 0);
    const training = modelOf(auxiliaryTraining());
    for (const kwargs of [{}, { training: true }, { auxiliary: true }]) {
      const y = training.apply([logits, auxiliary], kwargs) as tf.Tensor;
      assert.equal(await difference(y, logits), 0);
    }
    const shape = { height: 3, width: 4, channels: 5 };
    const table = new ShapeTable({ height: 24, width: 32 });
    assert.deepEqual(
      auxiliaryShape(table).auxiliaryOutput(shape, { name: "a", auxiliary: shape }),
      shape,
    );
  });

  test("auxiliaryOutput() gives both in training where both are wanted, and unpackLogits() parts them", async () => {
    const kwargs = { training: true, auxiliary: true };
    const both = modelOf(auxiliaryTraining()).apply([logits, auxiliary], kwargs) as tf.Tensor4D;
    const parts = unpackLogits(both, [[3, 4], [6, 8]]);
    assert.equal(await difference(parts[0], logits), 0);
    assert.equal(await difference(parts[1], auxiliary), 0);
    assertNoLeak(() => unpackLogits(both, [[3, 4], [6, 8]]));
    assertNoLeak(() => packLogits(logits, auxiliary));
  });
});
