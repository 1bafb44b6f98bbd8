/**
 * A folder of one's own at three budgets: networks from ImageNet weights, with crop, batch and
 * schedule by the images and the machine.
 *
 * @module
 */
import { definePreset, type PartialConfig, type Preset } from "../define_preset.ts";
import { fitToFolder } from "../fit_to_folder.ts";

const NEEDS = "--data FOLDER; better with --init FILE of ImageNet weights";

/** ImageNet's mean and deviation on 0..255; a file of weights that says otherwise has precedence. */
const NORMALIZE: PartialConfig["data"] = {
  normalize: { order: "rgb", mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
};

/** What all three share. Rare classes count through the weights and through Dice. */
const COMMON = {
  data: { dataset: "auto", crop: [128, 160], ...NORMALIZE },
  loss: { terms: [{ name: "ce", weight: 1 }, { name: "dice", weight: 1 }], classWeights: "enet" },
  optimizer: { name: "adamw", lr: 5e-4, weightDecay: 0.01 },
  schedule: { name: "poly", warmupEpochs: 0 },
  adversarial: { enabled: false },
} satisfies PartialConfig;

/** Some ten minutes on two processors, and a network for telephones and pages. */
export const mobile: Preset = definePreset({
  name: "mobile",
  summary: "a folder of one's own: DeepLabV3+ on MobileNetV2, small and fast",
  needs: NEEDS,
  config: {
    ...COMMON,
    model: { name: "deeplabv3plus-mobilenetv2" },
    inference: { flip: true },
  },
  fit: (facts) => fitToFolder(facts, 4400),
});

/** Half of the training of `accurate`, and one pass over an image. */
export const balanced: Preset = definePreset({
  name: "balanced",
  summary: "a folder of one's own: U-Net on ResNet-50, half of the time of accurate",
  needs: NEEDS,
  config: {
    ...COMMON,
    model: { name: "unet-resnet50", stemPool: "same" },
  },
  fit: (facts) => fitToFolder(facts, 2200),
});

/** Some 25 minutes on two processors; images are predicted at two sizes, and mirrored. */
export const accurate: Preset = definePreset({
  name: "accurate",
  summary: "a folder of one's own: U-Net on ResNet-50, scored at two sizes and mirrored",
  needs: NEEDS,
  config: {
    ...COMMON,
    model: { name: "unet-resnet50", stemPool: "same" },
    inference: { scales: [1, 1.5], flip: true },
  },
  fit: (facts) => fitToFolder(facts, 4400),
});
