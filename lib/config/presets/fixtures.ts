import { definePreset, type Preset } from "../define_preset.ts";

/** A first run: the embedded shapes, a U-Net of 1.1 million weights, under a minute on a CPU. */
export const fixtures: Preset = definePreset({
  name: "fixtures",
  summary: "a first run on embedded pictures of shapes, under a minute on two CPU cores",
  config: {
    data: {
      dataset: "fixtures",
      crop: [64, 64],
      batch: 2,
      augment: [{ name: "affine", zoom: [0.8, 1.25], rotate: 10, flip: true }],
      normalize: { order: "rgb", mean: [127.5, 127.5, 127.5], std: [64, 64, 64] },
    },
    model: { name: "unet", width: 0.1875 },
    optimizer: { lr: 2e-2 },
    schedule: { warmupEpochs: 1 },
    adversarial: {
      weight: 0.05,
      tg: 0.5,
      td: 1,
      discriminator: { lr: 1e-4, width: 0.125 },
    },
    train: { epochs: 20 },
    validation: { every: 5 },
  },
});
