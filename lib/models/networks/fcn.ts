/**
 * FCN-8s, FCN-16s and FCN-32s on VGG-16 or VGG-19, trained at once (Long et al. 2015;
 * method.md, "Networks").
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction, positive, wants } from "../../util/schema.ts";
import { vggNameMaps } from "../../weights/name_maps/vgg.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { NetworkEntry } from "./network_entry.ts";
import { pictureInput } from "./picture_input.ts";

/** Options of an FCN. */
const fcnOptions = optionsSchema({
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
});

/** What an FCN is built from. */
interface FcnArchitecture extends z.output<typeof fcnOptions> {
  backbone: keyof typeof CONVS;
  /** Stride of the finest map that is scored: 8 (FCN-8s), 16 or 32. */
  stride: 8 | 16 | 32;
  classes: number;
  /** Multiplier of all channel counts, fc6 and fc7 included. */
  width: number;
}

const CONVS = { vgg16: [2, 2, 3, 3, 3], vgg19: [2, 2, 4, 4, 4] } as const;
const CHANNELS = [64, 128, 256, 512, 512] as const;

/**
 * Where Berkeley's network (padding 100) cuts its skip scores and its output, for any input that is
 * a multiple of 32. Berkeley's own output offsets 31, 27 and 19 count from a transposed convolution
 * without padding; ours has `same` padding, so its map begins (kernel − stride) / 2 pixels later.
 */
const BERKELEY_CROPS = {
  pool4: { start: 5, end: 4 },
  pool3: { start: 9, end: 6 },
  8: { start: 27, end: 53 },
  16: { start: 19, end: 45 },
  32: { start: 3, end: 29 },
} as const;

/** FCN-8s, FCN-16s and FCN-32s on both backbones. */
export const fcnNetworks: readonly NetworkEntry[] = (["vgg16", "vgg19"] as const).flatMap(
  (backbone) => ([8, 16, 32] as const).map((stride) => fcnEntry(backbone, stride)),
);

function fcnEntry(
  backbone: FcnArchitecture["backbone"],
  stride: FcnArchitecture["stride"],
): NetworkEntry {
  return {
    name: `fcn${stride}s-${backbone}`,
    summary: `FCN-${stride}s on ${backbone.replace("vgg", "VGG-")} (Long et al. 2015), logits at ` +
      "full size",
    options: fcnOptions,
    upsampleOrder: "logits",
    logitStride: 1,
    inputMultiple: 32,
    backboneStages: [/^block1_/, /^block2_/, /^block3_/, /^block4_/, /^block5_/, /^(fc|drop)[67]$/],
    stages: ["block1_pool", "block2_pool"],
    nameMaps: vggNameMaps(CONVS[backbone]),
    inputOptions: [],
    bnEpsilon: null,
    build: (builder, architecture) =>
      fcn(builder, {
        ...architecture as typeof architecture & z.output<typeof fcnOptions>,
        backbone,
        stride,
      }),
  };
}

/**
 * Builds an FCN: images `[b, h, w, 3]` to logits `[b, h, w, classes]`, h and w multiples
 * of 32.
 *
 * The 3×3 convolutions of VGG with ReLU, five 2×2 max pools, fc6 (7×7) and fc7 (1×1) as
 * convolutions with dropout, 1×1 scores that start at zero, bilinear ×2 between scores (no
 * parameters), and one learned transposed convolution to full size that starts bilinear.
 */
function fcn<T>(builder: LayerBuilder<T>, options: FcnArchitecture): T {
  const { classes, stride, padding, skipScales } = options;
  const { pool3, pool4, pool5 } = vgg(builder, options);

  let logits = score(builder, {
    x: classifier(builder, { ...options, x: pool5 }),
    name: "fr",
    classes,
  });
  if (stride <= 16) {
    const skip = skipScore(builder, { ...options, x: pool4, name: "pool4", factor: skipScales[0] });
    logits = builder.add([double(builder, { x: logits, name: "upscore2", padding }), skip], {
      name: "fuse_pool4",
    });
  }
  if (stride === 8) {
    const skip = skipScore(builder, { ...options, x: pool3, name: "pool3", factor: skipScales[1] });
    logits = builder.add([double(builder, { x: logits, name: "upscore_pool4", padding }), skip], {
      name: "fuse_pool3",
    });
  }
  const name = `upscore${stride}`;
  const full = builder.convTranspose(logits, {
    name,
    filters: classes,
    kernel: 2 * stride,
    stride,
  });
  return padding === 100
    ? builder.crop(full, { name: "crop_score", ...BERKELEY_CROPS[stride] })
    : full;
}

/** The convolutional part of VGG, with the three maps that FCN scores. */
function vgg<T>(
  builder: LayerBuilder<T>,
  options: FcnArchitecture,
): { pool3: T; pool4: T; pool5: T } {
  const pools: T[] = [];
  let x = pictureInput(builder, options);
  if (options.padding === 100) x = builder.zeroPad(x, { name: "pad", pad: 100 });
  for (const [block, convs] of CONVS[options.backbone].entries()) {
    const filters = scaledChannels(CHANNELS[block]!, options.width);
    for (let conv = 1; conv <= convs; conv++) {
      // Berkeley pads 100 pixels in the first convolution itself, in place of the usual one.
      const padding = options.padding === 100 && block === 0 && conv === 1 ? "valid" : "same";
      const name = `block${block + 1}_conv${conv}`;
      x = builder.conv(x, { name, filters, kernel: 3, padding, relu: true });
    }
    // `same` keeps an odd last row, as Caffe's pooling does; for even sizes it changes nothing.
    x = builder.maxPool(x, { name: `block${block + 1}_pool`, size: 2, stride: 2, padding: "same" });
    pools.push(x);
  }
  return { pool3: pools[2]!, pool4: pools[3]!, pool5: pools[4]! };
}

/** VGG's fully connected layers as convolutions. */
function classifier<T>(builder: LayerBuilder<T>, options: FcnArchitecture & { x: T }): T {
  const filters = scaledChannels(4096, options.width);
  const padding = options.padding === 100 ? "valid" : "same";
  const fc6 = builder.conv(options.x, { name: "fc6", filters, kernel: 7, padding, relu: true });
  const drop6 = builder.dropout(fc6, { name: "drop6", rate: options.dropout });
  const fc7 = builder.conv(drop6, { name: "fc7", filters, kernel: 1, relu: true });
  return builder.dropout(fc7, { name: "drop7", rate: options.dropout });
}

/** A 1×1 score layer that starts at zero, as with Caffe's default filler. */
function score<T>(builder: LayerBuilder<T>, options: { x: T; name: string; classes: number }): T {
  const name = `score_${options.name}`;
  return builder.conv(options.x, {
    name,
    filters: options.classes,
    kernel: 1,
    init: { kind: "zeros" },
  });
}

/** The score of a pooling layer, scaled before and cut to the decoder's size after. */
function skipScore<T>(
  builder: LayerBuilder<T>,
  options: { x: T; name: "pool4" | "pool3"; factor: number } & FcnArchitecture,
): T {
  const { name, factor } = options;
  // A factor of one adds no layer
  const x = factor === 1 ? options.x : builder.scale(options.x, { name: `scale_${name}`, factor });
  const scored = score(builder, { x, name, classes: options.classes });
  if (options.padding !== 100) return scored;
  return builder.crop(scored, { name: `crop_${name}`, ...BERKELEY_CROPS[name] });
}

/**
 * Bilinear ×2. Berkeley's is a 4×4 transposed convolution without padding: zeros beyond the border
 * and one pixel more on each side, which a border of zeros before and a crop after reproduce.
 */
function double<T>(
  builder: LayerBuilder<T>,
  options: { x: T; name: string; padding: "same" | 100 },
): T {
  const { x, name, padding } = options;
  if (padding !== 100) return builder.upsample(x, { name, factor: 2 });
  const bordered = builder.zeroPad(x, { name: `${name}_pad`, pad: 1 });
  const doubled = builder.upsample(bordered, { name, factor: 2 });
  return builder.crop(doubled, { name: `${name}_crop`, start: 1, end: 1 });
}
