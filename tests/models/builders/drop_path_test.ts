import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dropPathTraining } from "../../../lib/models/builders/drop_path.ts";
import { onCpu } from "../../support/small_models.ts";

describe("dropPathTraining()", () => {
  onCpu();

  function network(rate: number): tf.LayersModel {
    const input = tf.input({ shape: [2, 2, 3] });
    const output = dropPathTraining().dropPath(input, { name: "path", rate });
    return tf.model({ inputs: input, outputs: output });
  }

  /** The factor of each sample, which all of its values must have. */
  async function factors(step: number): Promise<number[]> {
    const y = network(0.25).apply(tf.ones([64, 2, 2, 3]), {
      training: true,
      dropout: { seed: 3, step },
    } as never) as tf.Tensor;
    const values = await y.data();
    return Array.from({ length: 64 }, (_, i) => {
      const own = new Set(values.subarray(i * 12, (i + 1) * 12));
      assert.equal(own.size, 1);
      return [...own][0]!;
    });
  }

  test("dropPathTraining() drops whole samples and enlarges the others, by seed and step", async () => {
    const drawn = await factors(1);
    const dropped = drawn.filter((factor) => factor === 0).length;
    assert.ok(dropped >= 6 && dropped <= 28, `${dropped} of 64`);
    assert.ok(drawn.every((factor) => factor === 0 || Math.abs(factor - 4 / 3) < 1e-6));
    assert.deepEqual(await factors(1), drawn);
    assert.notDeepEqual(await factors(2), drawn);
  });

  test("dropPathTraining() keeps everything at rate 0 and outside training", async () => {
    const x = tf.ones([4, 2, 2, 3]);
    for (const rate of [0, 0.5]) {
      const y = network(rate).predict(x) as tf.Tensor;
      assert.ok((await y.data()).every((value) => value === 1));
    }
  });
});
