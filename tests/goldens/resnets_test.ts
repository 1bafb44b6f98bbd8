/**
 * Networks on PyTorch's ResNets against torchvision (tasks/goldens/resnets.py): weights through a file under
 * the library's own names, logits, and all weights after one training step.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { configSchema } from "../../lib/config/schema.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import goldens from "../../fixtures/goldens/resnets.json" with { type: "json" };
import { uniform } from "../support/golden_numbers.ts";
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

interface Case {
  name: string;
  width: number;
  size: number[];
  classes: number;
  options: Record<string, unknown>;
  shapes: Record<string, number[]>;
  logits: string;
  count: number;
  loss?: number;
  step?: string;
  weights?: Record<string, string>;
}

const newFolder = temporaryFolders();

for (const { name: backend, skip } of backends) {
  const left = skip || (backend === "webgpu" && longSkip);
  describe(`networks on ResNets on ${backend} equal PyTorch's`, { skip: left }, () => {
    const checked = useDuring(backend);
    for (const golden of goldens.cases as unknown as Case[]) {
      const long = backend === "cpu" && longSkip;
      test(
        `trainStep() and logits of ${golden.name}`,
        { skip: long },
        checked(() => compare(golden)),
      );
    }
  });
}

async function compare(golden: Case): Promise<void> {
  const config = configSchema().parse({
    model: {
      name: golden.name,
      width: golden.width,
      ...golden.options,
    },
    loss: { auxWeight: goldens.auxWeight },
    optimizer: { lr: goldens.lr, momentum: 0, weightDecay: 0 },
    adversarial: { enabled: false },
  });
  const trained = createNetworks(config, { classes: golden.classes });
  const { model } = trained.segmentation;
  const { shapes, weights } = golden;
  await loadState(model, join(newFolder(), "state.safetensors"), { shapes, initial });
  await compareLogits(model, golden);
  if (weights !== undefined) {
    const batch = batchTensors(golden);
    const losses = trainStep(trained, batch, {
      rates: { segmentation: goldens.lr, discriminator: 0 },
    });
    const [loss] = await losses["loss/seg"]!.data();
    assertNear(loss!, golden.loss!, { slack: TOLERANCE * golden.loss!, what: "loss" });
    tf.dispose([losses, batch.images, batch.labels]);
    await compareWeights(model, { weights, initial });
  }
  disposeNetworks(trained, { keepModel: false });
}

/** `values` of the Python program. */
function initial(name: string, shape: number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (name.endsWith("num_batches_tracked")) return new Float32Array(size);
  const u = uniform(name, size);
  if (shape.length === 4) {
    const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
    const scale = 2 ** Math.floor(Math.log2(Math.sqrt(6 / fanIn)) + 0.6);
    return u.map((x) => x * scale / (shape[0] === 3 ? 8 : 1));
  }
  if (name.endsWith("running_var") || name.endsWith("weight")) {
    const isLast = name.includes(".bn3.") || name.includes(".bn2.") && name.includes("layer");
    return u.map((x) => (1 + x / 4) / (isLast ? 8 : 1));
  }
  return u.map((x) => x / 8);
}
