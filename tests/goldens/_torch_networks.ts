/**
 * Networks against those of PyTorch's libraries: weights through a file under their names, logits, and all
 * weights after one training step and one step of Algorithm 1.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { configSchema } from "../../lib/config/schema.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import { setInitial, uniform } from "../support/golden_numbers.ts";
import { longSkip } from "../support/long_test.ts";
import { backends, useDuring } from "./_backends.ts";
import {
  assertNear,
  type BatchCase,
  batchTensors,
  compareLogits,
  compareWeights,
  type Initial,
  loadState,
  TOLERANCE,
} from "./_torch_states.ts";

type Shapes = Record<string, number[]>;

/** A network, and what PyTorch made of it in one step. */
export interface Case extends BatchCase {
  width: number;
  /** Whether its batch norms keep values away from kinks, which rounding would cross. */
  smooth?: boolean;
  shapes: Shapes;
  logits: string;
  count: number;
  loss: number;
  weights: Record<string, string>;
}

/** A network, and its losses and weights after one step of Algorithm 1. */
export interface Adversarial extends Pick<Case, "name" | "classes" | "width" | "weights"> {
  batch: number[];
  /** Of the adversarial loss: its name, weight and temperatures. */
  loss: string;
  weight: number;
  tg: number;
  td: number;
  lr: number;
  lrD: number;
  beta1: number;
  beta2: number;
  eps: number;
  discriminatorWidth: number;
  losses: Record<"loss/seg" | "loss/gen" | "loss/d", number>;
}

/** The file of a Python program. */
export interface Goldens {
  lr: number;
  cases: readonly Case[];
  adversarial: readonly Adversarial[];
}

/** How its networks are held against it. */
export interface Suite {
  newFolder(): string;
  /** Options of a network beside the width. */
  optionsOf(name: string): object;
}

/** What batch norms of `smooth` cases give on average, channels in turn. */
const CENTERS = [2.5, 2.5, 2.5, -2.5, 2.5, 8.5, 2.5, 2.5];

/** Tests every case on every backend. */
export function describeNetworks(title: string, goldens: Goldens, suite: Suite): void {
  for (const { name: backend, skip } of backends) {
    // Plain JavaScript and a software adapter take half a minute
    const left = skip || (backend === "wasm" ? false : longSkip);
    describe(`${title} on ${backend} equal PyTorch's`, { skip: left }, () => {
      const checked = useDuring(backend);
      for (const golden of goldens.cases) {
        const options = { ...suite, lr: goldens.lr };
        test(`trainStep() and logits of ${golden.name}`, checked(() => compare(golden, options)));
      }
      for (const golden of goldens.adversarial) {
        const { shapes } = goldens.cases.find(({ name }) => name === golden.name)!;
        test(
          `trainStep() of Algorithm 1 on ${golden.name}`,
          checked(() => compareAdversarial(golden, { ...suite, shapes })),
        );
      }
    });
  }
}

async function compare(
  golden: Case,
  { lr, newFolder, optionsOf }: Suite & { lr: number },
): Promise<void> {
  const config = configSchema().parse({
    model: { name: golden.name, width: golden.width, ...optionsOf(golden.name) },
    optimizer: { lr, momentum: 0, weightDecay: 0 },
    adversarial: { enabled: false },
  });
  const trained = createNetworks(config, { classes: golden.classes });
  const { model } = trained.segmentation;
  const { shapes } = golden;
  const initial: Initial = golden.smooth === true ? smoothInitial : anyInitial;
  await loadState(model, join(newFolder(), "state.safetensors"), { shapes, initial });
  await compareLogits(model, golden);
  const batch = batchTensors(golden);
  const losses = trainStep(trained, batch, {
    rates: { segmentation: lr, discriminator: 0 },
  });
  const [loss] = await losses["loss/seg"]!.data();
  assertNear(loss!, golden.loss, { slack: TOLERANCE * golden.loss, what: "loss" });
  await compareWeights(model, { weights: golden.weights, initial });
  disposeNetworks(trained, { keepModel: false });
  tf.dispose([batch.images, batch.labels, ...Object.values(losses)]);
}

async function compareAdversarial(
  golden: Adversarial,
  { shapes, newFolder, optionsOf }: Suite & { shapes: Shapes },
): Promise<void> {
  const { lr, lrD, beta1, beta2, eps, loss, weight, tg, td, discriminatorWidth: width } = golden;
  const config = configSchema().parse({
    model: { name: golden.name, width: golden.width, ...optionsOf(golden.name) },
    optimizer: { lr, momentum: 0, weightDecay: 0 },
    adversarial: {
      ...{ enabled: true, loss, weight, tg, td },
      discriminator: { beta1, beta2, eps, width },
    },
  });
  const networks = createNetworks(config, { classes: golden.classes });
  const { model } = networks.segmentation;
  await loadState(model, join(newFolder(), "state.safetensors"), {
    shapes,
    initial: anyInitial,
  });
  setInitial(networks.discriminator!.model.layers);
  const batch = batchTensors({ ...golden, size: golden.batch });
  const losses = trainStep(networks, batch, { rates: { segmentation: lr, discriminator: lrD } });
  for (const key of ["loss/seg", "loss/gen", "loss/d"] as const) {
    const expected = golden.losses[key];
    const [actual] = await losses[key]!.data();
    assertNear(actual!, expected, { slack: TOLERANCE * expected, what: key });
  }
  await compareWeights(model, { weights: golden.weights, initial: anyInitial });
  disposeNetworks(networks, { keepModel: false });
  tf.dispose([batch.images, batch.labels, ...Object.values(losses)]);
}

/** `values` of the Python program. */
export function anyInitial(name: string, shape: number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (name.endsWith("num_batches_tracked")) return new Float32Array(size);
  const u = uniform(name, size);
  if (shape.length > 1) {
    const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
    const scale = 2 ** Math.floor(Math.log2(Math.sqrt(6 / fanIn)) + 0.6);
    return u.map((x) => x * scale / (shape[0] === 3 ? 8 : 1));
  }
  return u.map((x) => /(running_var|weight)$/.test(name) ? 1 + x / 4 : x / 8);
}

/** Those of the Python program, `smooth`: batch norms keep all values away from ReLU6' kinks. */
function smoothInitial(name: string, shape: number[]): Float32Array {
  const values = anyInitial(name, shape);
  if (shape.length > 1 || name.includes("head")) return values;
  if (name.endsWith("weight")) return values.map((value) => value / 4);
  return name.endsWith("bias") ? values.map((value, i) => CENTERS[i % 8]! + value) : values;
}
