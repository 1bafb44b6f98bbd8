import { loadConfig, tf } from "@segadv/segadv";
import { createNetworks, disposeNetworks, trainStep } from "@segadv/segadv/train";
import { timed, timeInterleaved } from "./interleaved.ts";
import type { Row } from "./row.ts";
import { networkOverrides } from "./training_step.ts";

const SIZE = 128;
const BATCH = 4;
const CLASSES = 21;

/** Width of both networks: their shares of a step are then those of the full ones. */
const WIDTH = 0.5;

/** The rows of {@linkcode adversarialOverhead} and their networks. */
export const OVERHEADS: Record<string, string> = {
  "adversarial-overhead/fcn8s": "fcn8s-vgg16",
  "adversarial-overhead/resnet50": "resnet50",
};

/** More rounds than other rows have: both steps are long, so that other work of the machine shows. */
const ROUNDS = 11;

/**
 * What the adversarial framework costs: a whole training step with a discriminator over one
 * without, at width 1/2, 128×128 pixels, batch 4. The `ratio` of this row is a factor of
 * time, so less is better.
 */
export async function adversarialOverhead(
  name: string,
  { network }: { network: string },
): Promise<Row> {
  const subjects = {
    value: await step(network, true),
    baseline: await step(network, false),
  };
  try {
    const { value, baseline } = subjects;
    const steps = { value: timed(value.run), baseline: timed(baseline.run) };
    const row = await timeInterleaved(name, steps, { rounds: ROUNDS });
    return { ...row, ratio: row.value / row.baseline };
  } finally {
    subjects.value.dispose();
    subjects.baseline.dispose();
  }
}

async function step(
  network: string,
  adversarial: boolean,
): Promise<{ run: () => Promise<void>; dispose: () => void }> {
  const config = await loadConfig({
    preset: "fixtures",
    overrides: [
      ...networkOverrides(network),
      `model.width=${WIDTH}`,
      `adversarial.enabled=${adversarial}`,
      `adversarial.discriminator.width=${WIDTH}`,
    ],
  });
  const networks = createNetworks(config, { classes: CLASSES });
  const images = tf.randomNormal<tf.Rank.R4>([BATCH, SIZE, SIZE, 3], 0, 1, "float32", 1);
  const labels = tf.randomUniform<tf.Rank.R3>([BATCH, SIZE, SIZE], 0, CLASSES, "int32", 1);
  const batch = { images, labels, valid: BATCH * SIZE * SIZE };
  return {
    run: async () => {
      const losses = trainStep(networks, batch, {
        rates: { segmentation: 1e-3, discriminator: 1e-5 },
      });
      await losses["loss/seg"]!.data();
      tf.dispose(losses);
    },
    dispose: () => {
      disposeNetworks(networks, { keepModel: false });
      tf.dispose([images, labels]);
    },
  };
}
