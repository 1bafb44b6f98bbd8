/** How often training looks at what the adapter computed. */
import { loadConfig, train, useBackend } from "@segadv/segadv";
import type { Row } from "./row.ts";
import { countingGpu } from "./counting_gpu.ts";
import { networkOverrides, stockStep } from "./training_step.ts";
import { openBackend } from "./webgpu_backends.ts";

const STEPS = 100;
/** Pictures so small that a software adapter takes a fraction of a second a step. */
const SIZE = 32;
const WIDTH = 0.03;
const NETWORK = "fcn8s-vgg16";

/** The row `readbacks/100-steps`: a run of the trainer against a loop that reads its losses. */
export async function readbackRow(gpu: GPU): Promise<Row> {
  const value = await ownReadbacks(gpu);
  const baseline = await stockReadbacks(gpu);
  const name = `readbacks/${STEPS}-steps`;
  return { name, unit: "readbacks", value, baseline, ratio: baseline / Math.max(1, value) };
}

async function ownReadbacks(implementation: GPU): Promise<number> {
  const { gpu, counts } = countingGpu(implementation);
  const config = await loadConfig({
    preset: "fixtures",
    overrides: [
      ...networkOverrides(NETWORK),
      `model.width=${WIDTH}`,
      `data.crop=[${SIZE},${SIZE}]`,
      "data.batch=1",
      "train.epochs=5",
      "schedule.warmupEpochs=0",
      `train.maxSteps=${STEPS}`,
      "validation.every=5",
      "checkpoint.keep=0",
    ],
  });
  const backend = await useBackend({ backend: "webgpu", gpu });
  const probes = counts.readbacks; // opening a device looks at what it can do
  let readbacks = 0;
  await train(config, {
    backend,
    onEvent(event) {
      if (event.type === "step") readbacks = counts.readbacks - probes;
    },
  });
  await backend.dispose();
  return readbacks;
}

/** A loop as TensorFlow.js's own examples have it, which shows the loss of each step. */
async function stockReadbacks(implementation: GPU): Promise<number> {
  const { gpu, counts } = countingGpu(implementation);
  const backend = await openBackend("stock", gpu);
  const options = {
    network: NETWORK,
    adversarial: false,
    width: WIDTH,
    size: SIZE,
    batch: 1,
  } as const;
  const step = await stockStep(options);
  for (let i = 0; i < STEPS; i++) await step.runAndRead();
  step.dispose();
  backend.close();
  return counts.readbacks;
}
