import * as tf from "@tensorflow/tfjs";
import { type Config, defaultConfig } from "../../lib/config/mod.ts";
import { createNetworks, type Networks } from "../../lib/train/step/networks.ts";
import type { Batch } from "../../lib/train/step/step_context.ts";
import { normalTensor } from "./gradients.ts";

/** Fields of the default configuration that are others, by section. */
export type Overrides = { [K in keyof Config]?: Partial<Config[K]> };

/** A narrow FCN-8s over three classes and a narrow discriminator, without dropout. */
export function smallNetworks(overrides: Overrides = {}): Networks {
  const config = defaultConfig();
  Object.assign(config.model, { name: "fcn8s-vgg16", width: 1 / 32, dropout: 0 });
  for (const [section, values] of Object.entries(overrides)) {
    Object.assign(config[section as keyof Config] as object, values);
  }
  config.adversarial.discriminator.width = 1 / 16;
  return createNetworks(config, { classes: 3 });
}

/** Images `[b, h, w, 3]` drawn by a name, and labels `[b, h, w]`, of which 255 is ignored. */
export function batchOf(name: string, shape: [number, number, number], labels: Int32Array): Batch {
  return {
    images: normalTensor(name, [...shape, 3]) as tf.Tensor4D,
    labels: tf.tensor3d(labels, shape, "int32"),
    valid: labels.filter((label) => label !== 255).length,
  };
}
