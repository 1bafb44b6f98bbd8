/**
 * Fast-SCNN (Poudel et al. 2019), as Tramac/Fast-SCNN-pytorch builds it: a stem without padding, and
 * bilinear enlargements with aligned corners.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { tramacFastScnn } from "../../weights/name_maps/fast_scnn.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { NetworkEntry } from "./network_entry.ts";
import { pictureInput } from "./picture_input.ts";

/** Options of Fast-SCNN. */
const fastScnnOptions = optionsSchema({
  bnMomentum: field(fraction, {
    fallback: 0.9,
    about: "Batch norm: moving = momentum * moving + (1 - momentum) * batch.",
  }),
  dropout: field(fraction, {
    fallback: 0.1,
    about: "Fast-SCNN: dropout rate before the score layer.",
    source: "Fast-SCNN",
  }),
});

type FastScnnOptions = z.output<typeof fastScnnOptions> & { classes: number; width: number };

/** Stages of three inverted residuals each: channels before `width`, and stride. */
const STAGES = [[64, 2], [96, 2], [128, 1]] as const;
const BLOCKS = 3;
/** Channels inside an inverted residual per channel outside. */
const EXPANSION = 6;
/** Windows an axis of the pyramid. */
const BINS = [1, 2, 3, 6] as const;
/** ε of every batch norm: PyTorch's. */
const BATCH_NORM_EPSILON = 1e-5;

/** Fast-SCNN. */
export const fastScnn: NetworkEntry = {
  name: "fast-scnn",
  summary: "Fast-SCNN (Poudel et al. 2019), logits at full size",
  options: fastScnnOptions,
  upsampleOrder: "logits",
  logitStride: 1,
  inputMultiple: 32,
  hasFixedGraph: () => true,
  backboneStages: [/^(stem|down\d)_/, /^stage1_/, /^stage2_/, /^stage3_/, /^pyramid\d?_/],
  // The fine map is fused in again at the end, so no layer separates the network into two
  stages: [],
  nameMaps: [tramacFastScnn],
  inputOptions: [],
  bnEpsilon: BATCH_NORM_EPSILON,
  build: (builder, architecture) =>
    new FastScnn(builder, architecture as typeof architecture & FastScnnOptions).build(),
};

/** A value with its channels. */
interface Value<T> {
  x: T;
  channels: number;
}

class FastScnn<T> {
  constructor(readonly builder: LayerBuilder<T>, readonly options: FastScnnOptions) {}

  /** Images `[b, h, w, 3]` to logits `[b, h, w, classes]`, h and w multiples of 32. */
  build(): T {
    const { builder, options } = this;
    const [stem, second, third] = [32, 48, 64].map((n) => this.scaled(n)) as [
      number,
      number,
      number,
    ];
    let x = builder.conv(pictureInput(builder, options), {
      name: "stem_conv",
      filters: stem,
      kernel: 3,
      stride: 2,
      // One row and column less than half: the next layer's padding makes up for it
      padding: "valid",
      bias: false,
    });
    x = this.norm(x, "stem");
    x = this.separable(x, { name: "down1", filters: second, stride: 2 });
    const fine = this.separable(x, { name: "down2", filters: third, stride: 2 });
    const coarse = this.pyramid(this.extract({ x: fine, channels: third }));
    const fused = this.fuse(fine, coarse);
    let y = this.separable(fused, { name: "head1", filters: coarse.channels });
    y = this.separable(y, { name: "head2", filters: coarse.channels });
    y = builder.dropout(y, { name: "dropout", rate: options.dropout });
    // Small noise rather than He: the scores should start near uniform
    const init = { kind: "normal", std: 0.01 } as const;
    y = builder.conv(y, { name: "score", filters: options.classes, kernel: 1, init });
    return builder.upsampleAligned(y, { name: "up_score", factor: 8 });
  }

  scaled(channels: number): number {
    return scaledChannels(channels, this.options.width);
  }

  /** Batch norm `NAME_bn`, with a ReLU unless said otherwise. */
  norm(x: T, name: string, relu = true): T {
    const momentum = this.options.bnMomentum;
    const norm = { name: `${name}_bn`, momentum, eps: BATCH_NORM_EPSILON, relu };
    return this.builder.batchNorm(x, norm);
  }

  /** 1×1 convolution `NAME_conv`, batch norm. */
  pointwise(
    x: T,
    layer: { name: string; filters: number; relu?: boolean; bias?: boolean },
  ): T {
    const { name, filters, relu = true, bias = false } = layer;
    const conv = { name: `${name}_conv`, filters, kernel: 1, bias };
    return this.norm(this.builder.conv(x, conv), name, relu);
  }

  /** 3×3 depthwise convolution `NAME_conv`, batch norm, ReLU. */
  depthwise(x: T, name: string, stride = 1): T {
    const conv = { name: `${name}_conv`, kernel: 3, stride, padding: 1, bias: false };
    return this.norm(this.builder.depthwiseConv(x, conv), name);
  }

  /** Depthwise and 1×1 convolution, each with batch norm and ReLU. */
  separable(x: T, layer: { name: string; filters: number; stride?: number }): T {
    const { name, filters, stride = 1 } = layer;
    const y = this.depthwise(x, `${name}_depthwise`, stride);
    return this.pointwise(y, { name: `${name}_pointwise`, filters });
  }

  /** The inverted residuals (Sandler et al. 2018): stride 8 to 32. */
  extract(value: Value<T>): Value<T> {
    let { x, channels } = value;
    for (const [i, [base, first]] of STAGES.entries()) {
      for (let block = 0; block < BLOCKS; block++) {
        const name = `stage${i + 1}_block${block + 1}`;
        const filters = this.scaled(base);
        const stride = block === 0 ? first : 1;
        let y = this.pointwise(x, { name: `${name}_expand`, filters: EXPANSION * channels });
        y = this.depthwise(y, `${name}_depthwise`, stride);
        y = this.pointwise(y, { name: `${name}_project`, filters, relu: false });
        const hasShortcut = stride === 1 && channels === filters;
        x = hasShortcut ? this.builder.add([x, y], { name: `${name}_add` }) : y;
        channels = filters;
      }
    }
    return { x, channels };
  }

  /** Means over windows of four sizes beside the map (Zhao et al. 2017). */
  pyramid({ x, channels }: Value<T>): Value<T> {
    const { builder } = this;
    const filters = Math.floor(channels / 4);
    const parts = BINS.map((bins, i) => {
      const name = `pyramid${i + 1}`;
      const means = builder.adaptiveAveragePool(x, { name: `${name}_pool`, bins });
      const y = this.pointwise(means, { name, filters });
      return builder.resizeTo(y, { name: `${name}_up`, like: x, alignCorners: true });
    });
    const all = builder.concat([x, ...parts], { name: "pyramid_concat" });
    return { x: this.pointwise(all, { name: "pyramid", filters: channels }), channels };
  }

  /** The fine map plus the coarse one enlarged ×4, ReLU. */
  fuse(fine: T, { x, channels: filters }: Value<T>): T {
    const { builder } = this;
    const up = builder.upsampleAligned(x, { name: "fuse_up", factor: 4 });
    const part = { filters, relu: false, bias: true };
    const low = this.pointwise(this.depthwise(up, "fuse_depthwise"), { name: "fuse_low", ...part });
    const high = this.pointwise(fine, { name: "fuse_high", ...part });
    const sum = builder.add([high, low], { name: "fuse_add" });
    return builder.activation(sum, { name: "fuse_out", activation: "relu" });
  }
}
