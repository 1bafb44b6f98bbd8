/**
 * Networks on MobileNets against torchvision (tasks/goldens/mobilenets.py): weights through a file under their
 * libraries' names, logits, and all weights after one training step and one step of Algorithm 1.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { configSchema } from "../../lib/config/schema.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import goldens from "../../fixtures/goldens/mobilenets.json" with { type: "json" };
import { setInitial, uniform } from "../support/golden_numbers.ts";
import { longSkip } from "../support/long_test.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { backends, useDuring } from "./_backends.ts";
import {
  assertNear,
  batchTensors,
  compareLogits,
  compareWeights,
  loadState,
  TOLERANCE,
} from "./_torch_states.ts";

type Case = typeof goldens.cases[number];
type Adversarial = typeof goldens.adversarial[number];

/**
 * Of U-Net's changes: values near the kinks of ReLU6 fall to either side by their rounding. PyTorch's own
 * float32 differs from its double precision by 2 % here.
 */
const KINKED_TOLERANCE = 0.06;

const newFolder = temporaryFolders();

for (const { name: backend, skip } of backends) {
  // Plain JavaScript and a software adapter take half a minute
  const left = skip || (backend === "wasm" ? false : longSkip);
  describe(`networks on MobileNets on ${backend} equal PyTorch's`, { skip: left }, () => {
    const checked = useDuring(backend);
    for (const golden of goldens.cases) {
      test(`trainStep() and logits of ${golden.name}`, checked(() => compare(golden)));
    }
    for (const golden of goldens.adversarial) {
      test(
        `trainStep() of Algorithm 1 on ${golden.name}`,
        checked(() => compareAdversarial(golden)),
      );
    }
  });
}

/** Options beside the width: those of the library, and no dropout. */
function optionsOf(name: string): object {
  if (name.startsWith("deeplabv3plus")) return { dropout: 0, alignCorners: true };
  return name.startsWith("deeplabv3") ? { dropout: 0 } : {};
}

async function compare(golden: Case): Promise<void> {
  const config = configSchema().parse({
    model: { name: golden.name, width: golden.width, ...optionsOf(golden.name) },
    optimizer: { lr: goldens.lr, momentum: 0, weightDecay: 0 },
    adversarial: { enabled: false },
  });
  const trained = createNetworks(config, { classes: golden.classes });
  const { model } = trained.segmentation;
  const shapes = golden.shapes as unknown as Record<string, number[]>;
  await loadState(model, join(newFolder(), "state.safetensors"), { shapes, initial });
  await compareLogits(model, golden);
  const batch = batchTensors(golden);
  const losses = trainStep(trained, batch, {
    rates: { segmentation: goldens.lr, discriminator: 0 },
  });
  const [loss] = await losses["loss/seg"]!.data();
  assertNear(loss!, golden.loss, { slack: TOLERANCE * golden.loss, what: "loss" });
  const isKinked = golden.name === "unet-mobilenetv2";
  // The software adapter's rounding puts more values on the other side: there, logits and loss alone
  if (!isKinked || tf.getBackend() !== "webgpu") {
    await compareWeights(model, {
      weights: golden.weights,
      initial,
      ...(isKinked && { changeTolerance: KINKED_TOLERANCE }),
    });
  }
  disposeNetworks(trained, { keepModel: false });
  tf.dispose([batch.images, batch.labels, ...Object.values(losses)]);
}

async function compareAdversarial(golden: Adversarial): Promise<void> {
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
  const { shapes } = goldens.cases.find(({ name }) => name === golden.name)!;
  await loadState(model, join(newFolder(), "state.safetensors"), {
    shapes: shapes as unknown as Record<string, number[]>,
    initial,
  });
  setInitial(networks.discriminator!.model.layers);
  const batch = batchTensors({ ...golden, size: golden.batch });
  const losses = trainStep(networks, batch, { rates: { segmentation: lr, discriminator: lrD } });
  for (const key of ["loss/seg", "loss/gen", "loss/d"] as const) {
    const expected = golden.losses[key];
    const [actual] = await losses[key]!.data();
    assertNear(actual!, expected, { slack: TOLERANCE * expected, what: key });
  }
  await compareWeights(model, { weights: golden.weights, initial });
  disposeNetworks(networks, { keepModel: false });
  tf.dispose([batch.images, batch.labels, ...Object.values(losses)]);
}

/** `values` of the Python program. */
function initial(name: string, shape: number[]): Float32Array {
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
