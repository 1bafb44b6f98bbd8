/**
 * What MobileNetV2 and V3 share: channel counts, convolutions with batch norm, and the inverted
 * residual (Sandler et al. 2018).
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import type { NormActivation } from "../../engine/ops/batch_norm.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { BackboneOptions, Feature } from "./backbone_entry.ts";

/** Options of a MobileNet with that momentum of batch norm. */
export function mobileOptions(bnMomentum: number) {
  return optionsSchema({
    stridePadding: field(z.enum(["symmetric", "same"]), {
      fallback: "symmetric",
      about:
        "MobileNet: zeros around convolutions of stride 2: on all sides (symmetric: PyTorch), " +
        "or at the bottom and right only (same: Keras and TensorFlow).",
    }),
    bnMomentum: field(fraction, {
      fallback: bnMomentum,
      about: "Batch norm: moving = momentum * moving + (1 - momentum) * batch.",
    }),
  });
}

/** What the blocks are built with. */
export interface MobileOptions extends BackboneOptions {
  stridePadding: "symmetric" | "same";
  bnMomentum: number;
  /** ε of every batch norm. */
  bnEpsilon: number;
}

/** The next multiple of eight, at least eight and no less than nine tenths of the channels. */
export function makeDivisible(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** What follows a batch norm. */
export type MobileActivation = "relu" | NormActivation | null;

interface ConvNorm {
  name: string;
  kernel: number;
  stride?: number;
  dilation?: number;
  activation: MobileActivation;
}

/** One inverted residual. */
export interface InvertedResidual {
  name: string;
  kernel: number;
  /** Channels of the depthwise convolution. */
  expanded: number;
  filters: number;
  stride: number;
  dilation: number;
  activation: NonNullable<MobileActivation>;
  /** Channels of the squeeze and excitation; none if left out. */
  squeeze?: number;
  /** Whether the 1×1 convolution before the depthwise one is there. */
  expand: boolean;
}

/** Builds the parts of a MobileNet. */
export class MobileBlocks<T> {
  constructor(readonly builder: LayerBuilder<T>, readonly options: MobileOptions) {}

  /** Bias-free convolution `NAME_conv`, batch norm `NAME_bn` and the activation. */
  conv(x: T, layer: ConvNorm & { filters: number }): T {
    const { name, kernel, stride = 1, filters, activation } = layer;
    const padding = this.#padding({ ...layer, stride });
    const conv = { name: `${name}_conv`, filters, kernel, stride, padding, bias: false };
    return this.#norm(this.builder.conv(x, conv), { name, activation });
  }

  /** Depthwise convolution `NAME_conv`, batch norm `NAME_bn` and the activation. */
  depthwise(x: T, layer: ConvNorm): T {
    const { name, kernel, stride = 1, dilation = 1, activation } = layer;
    const padding = this.#padding({ ...layer, stride });
    const conv = { name: `${name}_conv`, kernel, stride, dilation, padding, bias: false };
    return this.#norm(this.builder.depthwiseConv(x, conv), { name, activation });
  }

  /** 1×1 up, depthwise, squeeze and excitation, 1×1 down; plus the input where shapes allow it. */
  invertedResidual(input: Feature<T>, block: InvertedResidual): Feature<T> {
    const { name, kernel, expanded, filters, stride, dilation, activation, squeeze } = block;
    let x = input.x;
    if (block.expand) {
      x = this.conv(x, { name: `${name}_expand`, kernel: 1, filters: expanded, activation });
    }
    const window = { kernel, stride: dilation > 1 ? 1 : stride, dilation };
    x = this.depthwise(x, { name: `${name}_depthwise`, ...window, activation });
    if (squeeze !== undefined) x = this.#excite(x, { name: `${name}_se`, squeeze, expanded });
    x = this.conv(x, { name: `${name}_project`, kernel: 1, filters, activation: null });
    if (stride === 1 && input.channels === filters) {
      x = this.builder.add([input.x, x], { name: `${name}_add` });
    }
    return { x, channels: filters };
  }

  /** Factors of the channels by their means (Hu et al. 2018), with a hard sigmoid. */
  #excite(
    x: T,
    { name, squeeze, expanded }: { name: string; squeeze: number; expanded: number },
  ): T {
    const { builder } = this;
    let gate = builder.globalAveragePool(x, { name: `${name}_mean` });
    gate = builder.conv(gate, { name: `${name}_fc1`, filters: squeeze, kernel: 1, relu: true });
    gate = builder.conv(gate, { name: `${name}_fc2`, filters: expanded, kernel: 1 });
    gate = builder.activation(gate, { name: `${name}_gate`, activation: "hardSigmoid" });
    return builder.multiply([x, gate], { name: `${name}_scale` });
  }

  /** An odd kernel of stride 1 is padded symmetrically by `same` as well. */
  #padding({ kernel, stride }: { kernel: number; stride: number }): "same" | number {
    const isSame = stride === 1 || this.options.stridePadding === "same";
    return isSame ? "same" : (kernel - 1) / 2;
  }

  #norm(x: T, { name, activation }: { name: string; activation: MobileActivation }): T {
    const { bnMomentum: momentum, bnEpsilon: eps } = this.options;
    return this.builder.batchNorm(x, {
      name: `${name}_bn`,
      momentum,
      eps,
      relu: activation === "relu",
      ...(activation !== "relu" && activation !== null && { activation }),
    });
  }
}
