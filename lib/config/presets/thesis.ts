/**
 * The four trainings of the thesis (Table 4-1).
 *
 * @module
 */
import { definePreset, type Preset } from "../define_preset.ts";

/** FCN-8s-VGG16 on augmented VOC2012 as in the thesis: Table 4-1, §4.2.2, best λ and T of §4.3.1. */
export const thesisFcn8sVoc: Preset = definePreset({
  name: "thesis-fcn8s-voc",
  summary: "the thesis' FCN-8s-VGG16 on VOC2012 with SBD's labels, 50 epochs, T_g = 0.5",
  needs: "--data VOCdevkit/VOC2012 with SegmentationClassAug, ImageNet weights " +
    "(--set model.init=FILE), a GPU",
  config: {
    data: {
      dataset: "voc",
      trainSplit: "train_aug",
      valSplit: "val",
      crop: [416, 416],
      batch: 16,
      augment: [{ name: "affine", zoom: [0.5, 2], rotate: 10, flip: true }],
      normalize: { order: "rgb", mean: [123.68, 116.779, 103.939], std: [1, 1, 1] },
    },
    model: { name: "fcn8s-vgg16", width: 1, upsampleOrder: "logits", skipScales: [0.01, 0.0001] },
    optimizer: { lr: 5e-3, momentum: 0.9, weightDecay: 0, weightDecayOn: "kernels" },
    schedule: { warmupEpochs: 5 },
    adversarial: {
      loss: "lsgan",
      weight: 0.05,
      tg: 0.5,
      td: 1,
      discriminatorSteps: 1,
      discriminator: { lr: 1e-7, beta1: 0.5, beta2: 0.999, width: 1 },
    },
    train: { epochs: 50 },
    inference: { resize: [416, 416], scoreSize: "resized" },
  },
});

/** FCN-8s-VGG16 on CityScapes as in the thesis: Table 4-1, §4.2.1, best λ and T of §4.3.1. */
export const thesisFcn8sCityscapes: Preset = definePreset({
  name: "thesis-fcn8s-cityscapes",
  summary: "the thesis' FCN-8s-VGG16 on CityScapes, 200 epochs, alpha = 0.1, T_g = 0.5",
  needs: "--data FOLDER of leftImg8bit and gtFine, ImageNet weights " +
    "(--set model.init=FILE), a GPU",
  config: {
    data: {
      dataset: "cityscapes",
      trainSplit: "train",
      valSplit: "val",
      crop: [416, 416],
      batch: 16,
      augment: [{ name: "affine", zoom: [0.5, 2], rotate: 10, flip: true }],
      normalize: { order: "rgb", mean: [123.68, 116.779, 103.939], std: [1, 1, 1] },
    },
    model: { name: "fcn8s-vgg16", width: 1, upsampleOrder: "logits", skipScales: [0.01, 0.0001] },
    optimizer: { lr: 5e-3, momentum: 0.9, weightDecay: 0, weightDecayOn: "kernels" },
    schedule: { warmupEpochs: 5 },
    adversarial: {
      loss: "lsgan",
      weight: 0.1,
      tg: 0.5,
      td: 1,
      discriminatorSteps: 1,
      discriminator: { lr: 1e-7, beta1: 0.5, beta2: 0.999, width: 1 },
    },
    train: { epochs: 200 },
    inference: { resize: null },
  },
});

/** ResNet-50 on augmented VOC2012 as in the thesis: Table 4-1, §4.2.2, best λ and T of §4.3.2. */
export const thesisResnet50Voc: Preset = definePreset({
  name: "thesis-resnet50-voc",
  summary: "the thesis' ResNet-50 on VOC2012 with SBD's labels, 50 epochs, T_g = 0.5",
  needs: "--data VOCdevkit/VOC2012 with SegmentationClassAug, ImageNet weights " +
    "(--set model.init=FILE), a GPU",
  config: {
    data: {
      dataset: "voc",
      trainSplit: "train_aug",
      valSplit: "val",
      crop: [416, 416],
      batch: 16,
      augment: [{ name: "affine", zoom: [0.5, 2], rotate: 10, flip: true }],
      normalize: { order: "rgb", mean: [123.68, 116.779, 103.939], std: [1, 1, 1] },
    },
    model: {
      name: "resnet50",
      width: 1,
      upsampleOrder: "probabilities",
      variant: "v1",
      bnMomentum: 0.9,
    },
    optimizer: { lr: 5e-3, momentum: 0.9, weightDecay: 0, weightDecayOn: "kernels" },
    schedule: { warmupEpochs: 5 },
    adversarial: {
      loss: "lsgan",
      weight: 0.05,
      tg: 0.5,
      td: 1,
      discriminatorSteps: 1,
      discriminator: { lr: 5e-8, beta1: 0.5, beta2: 0.999, width: 1 },
    },
    train: { epochs: 50 },
    inference: { resize: [416, 416], scoreSize: "resized" },
  },
});

/** ResNet-50 on CityScapes as in the thesis: Table 4-1, §4.2.1, best λ and T of §4.3.2. */
export const thesisResnet50Cityscapes: Preset = definePreset({
  name: "thesis-resnet50-cityscapes",
  summary: "the thesis' ResNet-50 on CityScapes, 200 epochs, lambda = 5e-4, T_g = 0.5",
  needs: "--data FOLDER of leftImg8bit and gtFine, ImageNet weights " +
    "(--set model.init=FILE), a GPU",
  config: {
    data: {
      dataset: "cityscapes",
      trainSplit: "train",
      valSplit: "val",
      crop: [416, 416],
      batch: 16,
      augment: [{ name: "affine", zoom: [0.5, 2], rotate: 10, flip: true }],
      normalize: { order: "rgb", mean: [123.68, 116.779, 103.939], std: [1, 1, 1] },
    },
    model: {
      name: "resnet50",
      width: 1,
      upsampleOrder: "probabilities",
      variant: "v1",
      bnMomentum: 0.9,
    },
    optimizer: { lr: 5e-3, momentum: 0.9, weightDecay: 5e-4, weightDecayOn: "kernels" },
    schedule: { warmupEpochs: 5 },
    adversarial: {
      loss: "lsgan",
      weight: 0.05,
      tg: 0.5,
      td: 1,
      discriminatorSteps: 1,
      discriminator: { lr: 5e-8, beta1: 0.5, beta2: 0.999, width: 1 },
    },
    train: { epochs: 200 },
    inference: { resize: null },
  },
});
