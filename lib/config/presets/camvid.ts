/**
 * CamVid at 160×120, for two CPU cores.
 *
 * @module
 */
import { definePreset, type Preset } from "../define_preset.ts";

/** CamVid at 160×120 from random start: a real data set that two CPU cores train in minutes. */
export const camvidSmall: Preset = definePreset({
  name: "camvid-small",
  summary: "CamVid at 160x120, FCN-8s at quarter width from random start, 30 epochs on a CPU",
  needs: "--data FOLDER of CamVid in 160x120",
  config: {
    data: {
      dataset: "auto",
      crop: [128, 160],
      batch: 8,
      normalize: {
        order: "rgb",
        mean: [104.912, 108.268, 110.206],
        std: [76.452, 77.512, 76.487],
      },
    },
    model: { name: "fcn8s-vgg16", width: 0.25, skipScales: [1, 1] },
    optimizer: { lr: 2e-2 },
    schedule: { warmupEpochs: 3 },
    adversarial: {
      weight: 0.05,
      tg: 0.5,
      td: 1,
      discriminator: { lr: 1e-4, width: 0.25 },
    },
    train: { epochs: 30 },
    inference: { batch: 8 },
    validation: { every: 5 },
  },
});

/**
 * ResNet-50 from ImageNet weights on CamVid at 160×120: what pretraining is worth, on a CPU. The
 * network scores at stride 32, so pictures are enlarged, in training by the zoom, in validation to
 * about twice their size.
 */
export const camvidResnet50: Preset = definePreset({
  name: "camvid-resnet50",
  summary: "CamVid at 160x120, ResNet-50 from ImageNet weights, 8 epochs on a CPU",
  needs: "--data FOLDER of CamVid in 160x120, --init FILE of ResNet-50 weights",
  config: {
    data: {
      dataset: "auto",
      crop: [128, 160],
      batch: 8,
      augment: [{ name: "affine", zoom: [1, 2.5], rotate: 10, flip: true }],
      normalize: { order: "rgb", mean: [123.68, 116.78, 103.94], std: [1, 1, 1] },
    },
    model: { name: "resnet50", variant: "v1.5", stemPool: "same" },
    optimizer: { lr: 5e-3 },
    schedule: { warmupEpochs: 1 },
    adversarial: {
      weight: 0.05,
      tg: 0.5,
      td: 1,
      discriminator: { lr: 1e-5, width: 0.25 },
    },
    train: { epochs: 8 },
    inference: { resize: [256, 320], batch: 4 },
    validation: { every: 4 },
  },
});
