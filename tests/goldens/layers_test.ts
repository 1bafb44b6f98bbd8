/** Single layers of both builders against PyTorch: where a pixel is easily lost. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LayerBuilder } from "../../lib/models/builders/layer_builder.ts";
import type { WeightSpec } from "../../lib/models/builders/layer_options.ts";
import { assemble, tfjsBuilder } from "../../lib/models/builders/tfjs_builder.ts";
import { trainingBuilder } from "../../lib/models/builders/training_builder.ts";
import goldens from "../../fixtures/goldens/layers.json" with { type: "json" };
import { backends, useDuring } from "./_backends.ts";
import { decode, initial, uniform } from "../support/golden_numbers.ts";

interface Case {
  name: string;
  input: number[];
  kernel?: number;
  stride?: number;
  factor?: number;
  shape: number[];
  output: string;
  moved?: string;
}

const BUILDERS = {
  training: () => trainingBuilder(source),
  tfjs: () => tfjsBuilder(source),
};

for (const { name: backend, skip } of backends) {
  for (const [builder, make] of Object.entries(BUILDERS)) {
    describe(`the ${builder} builder on ${backend} equals PyTorch`, { skip }, () => {
      const checked = useDuring(backend);
      for (const golden of goldens.cases as unknown as Case[]) {
        test(`${builder}Builder() computes ${golden.name}`, checked(() => compare(golden, make())));
      }
    });
  }
}

function source({ name, shape }: WeightSpec): tf.Tensor {
  return tf.tensor(initial(name, shape), shape);
}

async function compare(golden: Case, builder: LayerBuilder<tf.SymbolicTensor>): Promise<void> {
  const { name, input, shape } = golden;
  const model = assemble({ name: "probe", builder }, (builder) => layer(golden, builder));
  const isNorm = golden.moved !== undefined;
  const size = input.reduce((product, length) => product * length, 1);
  const x = tf.tensor(uniform(isNorm ? "norm" : name, size), input);
  const kwargs = name === "norm move" ? { training: true, updateStatistics: true } : {};
  const y = model.apply(x, kwargs) as tf.Tensor;
  assert.deepEqual(y.shape, shape);
  await assertValues(y, golden.output);
  if (isNorm) {
    const moved = model.weights.slice(2).map((weight) => weight.read());
    await assertValues(tf.concat(moved), golden.moved!);
  }
  model.dispose();
}

function layer(golden: Case, builder: LayerBuilder<tf.SymbolicTensor>): tf.SymbolicTensor {
  const { name, kernel, stride, factor } = golden;
  const x = builder.input(golden.input[3]!);
  const kind = name.split(" ")[0];
  if (kind === "resize") return builder.upsample(x, { name: "resize", factor: factor! });
  if (kind === "conv") {
    return builder.conv(x, { name: "conv", filters: 3, kernel: kernel!, stride: stride! });
  }
  if (kind === "transposed") {
    const kernel = 2 * stride!;
    return builder.convTranspose(x, { name: "upscore", filters: 3, kernel, stride: stride! });
  }
  return builder.batchNorm(x, { name: "bn", momentum: 0.9, eps: 1.001e-5, relu: false });
}

async function assertValues(actual: tf.Tensor, expected: string): Promise<void> {
  const values = await actual.data();
  const wanted = decode(expected);
  assert.equal(values.length, wanted.length);
  wanted.forEach((want, i) => {
    const error = Math.abs(values[i]! - want);
    assert.ok(error <= 1e-5 * Math.max(1, Math.abs(want)), `[${i}]: ${values[i]}, not ${want}`);
  });
}
