import { z } from "zod";
import type { DiscriminatorConfig, GeneratorConfig, ModelConfig } from "./config.ts";
import {
  field,
  fraction,
  nonNegative,
  positive,
  section,
  text,
  wants,
  whole,
} from "../util/schema.ts";

/** Schema of {@linkcode ModelConfig}. */
export const modelSchema: z.ZodType<ModelConfig> = section("The segmentation network G.", {
  name: field(text, {
    fallback: "fcn8s-vgg16",
    about: "Name of a network.",
    source: "§3.1.1",
  }),
  width: field(positive.max(8), {
    fallback: 1,
    about: "Multiplier of every channel count (rounded, at least 4); 1 is the paper's network.",
  }),
  upsampleOrder: field(z.enum(["auto", "logits", "probabilities"]), {
    fallback: "auto",
    about: "Upsample logits, then softmax; or softmax, then upsample probabilities (the thesis' " +
      "ResNet-50); auto takes the network's own.",
    source: "§3.1.1",
  }),
  init: field(text, {
    fallback: "random",
    about: "`random`, or the path of a weight file or of a run; the thesis starts from ImageNet " +
      "weights.",
    source: "§4.1",
  }),
  initStrict: field(z.boolean(), {
    fallback: true,
    about: "Every weight but the head's must be in the file of init, and nothing else.",
  }),
  followInit: field(z.boolean(), {
    fallback: true,
    about: "data.normalize, model.variant and model.stemPool become those that the weights of " +
      "init were trained with.",
  }),
  variant: field(z.enum(["v1", "v1.5"]), {
    fallback: "v1",
    about: "Stride of a ResNet bottleneck: in its first 1x1 (v1) or its 3x3 (v1.5, torchvision).",
  }),
  stemPool: field(z.enum(["padded", "same"]), {
    fallback: "padded",
    about: "ResNet: zeros around the first max pool: on all sides (padded: Caffe, Keras, " +
      "torchvision), or at the bottom and right only (same: TensorFlow's official weights).",
  }),
  skipScales: field(z.tuple([positive, positive], wants("[pool4, pool3]")), {
    fallback: [0.01, 0.0001],
    about: "FCN: constants on pool4 and pool3 before their score layers. The defaults suit " +
      "ImageNet weights; from a random start use [1, 1].",
    source: "§3.1.1",
  }),
  padding: field(z.literal(["same", 100]), {
    fallback: "same",
    about: "FCN: same, or 100 zero pixels around the image with crops, for Berkeley's weights.",
  }),
  dropout: field(fraction, {
    fallback: 0.5,
    about: "FCN: dropout rate after fc6 and fc7.",
  }),
  bnMomentum: field(fraction, {
    fallback: 0.9,
    about: "Batch norm: moving = momentum * moving + (1 - momentum) * batch.",
    source: "Table 4-1",
  }),
});

/** Schema of {@linkcode GeneratorConfig}. */
export const generatorSchema: z.ZodType<GeneratorConfig> = section(
  "How G is optimised: SGD with momentum on L_seg + alpha * L_G + L2.",
  {
    lr: field(positive, {
      fallback: 5e-3,
      about: "Peak learning rate of the cosine schedule; pool 1e-3, 2e-3, 5e-3, 1e-2.",
      source: "Table 4-1",
    }),
    momentum: field(fraction, {
      fallback: 0.9,
      about: "SGD momentum.",
      source: "Table 4-1",
    }),
    nesterov: field(z.boolean(), { fallback: false, about: "Nesterov's accelerated gradient." }),
    l2: field(nonNegative, {
      fallback: 0,
      about: "Lambda of (lambda / 2) * sum of squared weights; pool 0, 1e-4, 2e-4, 5e-4.",
      source: "§4.3",
    }),
    decay: field(z.enum(["kernels", "all"]), {
      fallback: "kernels",
      about: "What L2 applies to: convolution kernels, or all trainable weights.",
    }),
    decoupled: field(z.boolean(), {
      fallback: false,
      about: "Take lr * lambda * w off outside the momentum instead of adding to the gradient.",
    }),
    loss: field(z.enum(["ce", "bce-per-class"]), {
      fallback: "ce",
      about: "Segmentation loss: categorical cross-entropy, or equation 2-3 as printed.",
      source: "§3.1.1",
    }),
    segTemperature: field(z.nullable(positive), {
      fallback: null,
      about: "Temperature of L_seg; null takes adversarial.tg.",
      source: "§3.2",
    }),
    clipNorm: field(z.nullable(positive), {
      fallback: null,
      about:
        "Largest norm of all of G's gradients together, without L2's; longer ones are scaled " +
        "down; null for no limit.",
    }),
  },
);

/** Schema of {@linkcode DiscriminatorConfig}. */
export const discriminatorSchema: z.ZodType<DiscriminatorConfig> = section(
  "The discriminator D and its optimiser, Adam.",
  {
    lr: field(positive, {
      fallback: 1e-7,
      about: "Peak learning rate, scheduled as G's: 1e-7 for FCN, 5e-8 for ResNet; pool 2e-8, " +
        "5e-8, 1e-7, 2e-7.",
      source: "Table 4-1",
    }),
    beta1: field(fraction, { fallback: 0.5, about: "Adam's beta1.", source: "Table 4-1" }),
    beta2: field(fraction, { fallback: 0.999, about: "Adam's beta2.", source: "Table 4-1" }),
    eps: field(positive, { fallback: 1e-7, about: "Adam's epsilon." }),
    steps: field(whole(1), {
      fallback: 1,
      about: "Updates of D for each update of G: k of Algorithm 1.",
      source: "§3.2",
    }),
    width: field(positive.max(8), {
      fallback: 1,
      about: "Multiplier of D's channel counts (rounded, at least 4).",
    }),
    lastStride: field(z.literal([1, 2]), {
      fallback: 2,
      about: "Stride of D's last convolution.",
      source: "§3.1.2",
    }),
    output: field(z.enum(["sigmoid", "linear"]), {
      fallback: "sigmoid",
      about: "Output of D.",
      source: "§3.1.2",
    }),
    lossResolution: field(z.enum(["input", "own"]), {
      fallback: "input",
      about: "Take D's loss upsampled to the input's size, or at D's own resolution.",
      source: "§3.1.2",
    }),
    initStd: field(positive, {
      fallback: 0.02,
      about: "Standard deviation of D's normal initialisation.",
    }),
  },
);
