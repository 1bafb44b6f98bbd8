/** One and five steps of Algorithm 1 against PyTorch (tasks/make_goldens.py). */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Config } from "../../lib/config/config.ts";
import { configSchema } from "../../lib/config/schema.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import type { Batch } from "../../lib/train/step/step_context.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import goldens from "../../fixtures/goldens/steps.json" with { type: "json" };
import { backends, useDuring } from "./_backends.ts";
import {
  batchOf,
  decode,
  initial,
  places,
  setInitial,
  uniform,
} from "../support/golden_numbers.ts";
import { longSkip } from "../support/long_test.ts";

/** One run of the file, as far as the test reads it. */
interface Case extends Record<string, unknown> {
  name: string;
  network: string;
  classes: number;
  batch: number[];
  lr: number;
  lrD: number;
  options: Record<string, unknown>;
  steps: Record<string, number>[];
  weights: Record<string, Record<"segmentation" | "discriminator", Record<string, string>>>;
}

/** Float32 against double precision, after up to five steps. */
const TOLERANCE = 1e-4;
/** Changes since the start, against the size of the change and of the weight that it changes. */
const CHANGE_TOLERANCE = 2e-3;
const CHANGE_ROUNDING = 3e-5;

for (const { name: backend, skip } of backends) {
  // Plain JavaScript and a software adapter take minutes
  const left = skip || (backend === "wasm" ? false : longSkip);
  describe(`trainStep() on ${backend} equals PyTorch`, { skip: left }, () => {
    const checked = useDuring(backend);
    for (const golden of goldens.cases as unknown as Case[]) {
      test(`trainStep() ${golden.name}`, checked(() => replay(golden)));
    }
  });
}

async function replay(golden: Case): Promise<void> {
  const networks = createNetworks(configOf(golden), { classes: golden.classes });
  const models = {
    segmentation: networks.segmentation.model.layers,
    discriminator: networks.discriminator?.model.layers,
  };
  for (const model of Object.values(models)) if (model) setInitial(model);
  const batch = batchTensors(golden);
  const rates = { segmentation: golden.lr, discriminator: golden.lrD };
  for (const [index, expected] of golden.steps.entries()) {
    const losses = trainStep(networks, batch, { rates });
    for (const [key, value] of Object.entries(await readAll(losses))) {
      if (!(key in expected)) continue;
      const what = `${key}, step ${index + 1}`;
      assertClose(value[0]!, expected[key]!, { scale: expected[key]!, what });
    }
    tf.dispose(losses);
    const weights = golden.weights[index + 1];
    for (const [side, model] of Object.entries(models)) {
      const summaries = weights?.[side as keyof typeof models];
      if (model && summaries) await compareWeights(model, summaries, `${side}, step ${index + 1}`);
    }
  }
  disposeNetworks(networks, { keepModel: false });
  tf.dispose([batch.images, batch.labels]);
}

/** The toolkit's configuration for a case. */
function configOf(golden: Case): Config {
  const pick = (from: Record<string, unknown>, names: string[]) =>
    Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
  const { options } = golden;
  const own = golden.network.startsWith("fcn")
    ? { ...pick(golden, ["skipScales"]), dropout: 0 }
    : golden.network === "unet"
    ? { bnMomentum: 0.9 }
    : { variant: "v1", bnMomentum: 0.9 };
  return configSchema().parse({
    model: { name: golden.network, ...pick(golden, ["width", "upsampleOrder"]), ...own },
    loss: { terms: [{ name: options.segmentationLoss ?? "ce" }] },
    optimizer: {
      ...pick(golden, ["lr", "momentum", "weightDecay"]),
      ...pick(options, ["weightDecayOn", "decoupled", "nesterov"]),
    },
    adversarial: {
      ...pick(golden, ["enabled", "loss", "weight", "tg", "td"]),
      ...pick(options, [
        "lgTiming",
        "validMask",
        "maskInputs",
        "frozenBatchNorm",
        "discriminatorSteps",
      ]),
      discriminator: {
        ...pick(golden, ["beta1", "beta2", "eps"]),
        width: golden.discriminatorWidth,
      },
    },
  });
}

function batchTensors({ network, batch, classes }: Case): Batch {
  const [count, height, width] = batch as [number, number, number];
  const { images, labels } = batchOf(network, { batch: count, height, width, classes });
  return {
    images: tf.tensor4d(images, [count, height, width, 3]),
    labels: tf.tensor3d(labels, [count, height, width], "int32"),
    valid: labels.filter((label) => label !== 255).length,
  };
}

/** Checks every weight against its summary: largest, change, projection of the change, samples. */
async function compareWeights(
  model: tf.LayersModel,
  summaries: Record<string, string>,
  when: string,
): Promise<void> {
  assert.deepEqual(
    model.weights.map((weight) => weight.originalName).sort(),
    Object.keys(summaries).sort(),
  );
  const weights = Object.fromEntries(
    model.weights.map((weight) => [weight.originalName, weight.read()]),
  );
  for (const [name, values] of Object.entries(await readAll(weights))) {
    const what = `${name} of the ${when}`;
    const [largest, norm, product, ...samples] = decode(summaries[name]!);
    for (const [i, place] of places(name, { count: 4, size: values.length }).entries()) {
      assertClose(values[place]!, samples[i]!, { scale: largest!, what });
    }
    const before = initial(name, weights[name]!.shape);
    const direction = uniform(`${name}/direction`, values.length);
    let squares = 0;
    let projection = 0;
    values.forEach((value, i) => {
      const change = value - before[i]!;
      squares += change * change;
      projection += change * direction[i]!;
    });
    const slack = CHANGE_TOLERANCE * norm! + CHANGE_ROUNDING * largest! * Math.sqrt(values.length);
    assertWithin(Math.sqrt(squares), norm!, { slack, what: `change of ${what}` });
    assertWithin(projection, product!, { slack, what: `direction of ${what}` });
  }
}

/** Values of several tensors in one reading, because each costs a GPU some ten milliseconds. */
async function readAll(
  tensors: Record<string, tf.Tensor>,
): Promise<Record<string, Float32Array>> {
  const packed = tf.tidy(() => tf.concat(Object.values(tensors).map((tensor) => tensor.flatten())));
  const values = await packed.data() as Float32Array;
  packed.dispose();
  let offset = 0;
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { size }]) => {
      return [name, values.subarray(offset, offset += size)];
    }),
  );
}

function assertClose(
  actual: number,
  expected: number,
  { scale, what }: { scale: number; what: string },
): void {
  assertWithin(actual, expected, { slack: TOLERANCE * Math.abs(scale), what });
}

function assertWithin(
  actual: number,
  expected: number,
  { slack, what }: { slack: number; what: string },
): void {
  const error = Math.abs(actual - expected);
  assert.ok(
    error <= slack,
    `${what}: ${actual} instead of ${expected} (± ${slack.toPrecision(2)})`,
  );
}
