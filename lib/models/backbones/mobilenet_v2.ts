/**
 * MobileNetV2 (Sandler et al. 2018) as torchvision builds it.
 *
 * @module
 */
import { mobilenetV2NameMaps } from "../../weights/name_maps/mobilenet_v2.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { BackboneEntry, Feature, Features } from "./backbone_entry.ts";
import { makeDivisible, MobileBlocks, type MobileOptions, mobileOptions } from "./mobile_blocks.ts";

/** Expansion, channels, blocks and stride of the first block, stage by stage. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;
const BATCH_NORM_EPSILON = 1e-5;

/** Layers of one stage of `model.freeze`, by the numbers of torchvision's `features`. */
function stage(from: number, to: number): RegExp {
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return new RegExp(`^features(${numbers.join("|")})_`);
}

/** MobileNetV2: features 16, 24, 32, 96 and 1280 channels wide. */
export const mobilenetV2: BackboneEntry = {
  name: "mobilenetv2",
  summary: "MobileNetV2 (Sandler et al. 2018)",
  options: mobileOptions(0.9),
  strides: [2, 4, 8, 16, 32],
  nameMaps: mobilenetV2NameMaps,
  inputOptions: ["stridePadding"],
  bnEpsilon: BATCH_NORM_EPSILON,
  stages: [stage(0, 1), stage(2, 3), stage(4, 6), stage(7, 13), stage(14, 18)],
  build: (builder, x, options) =>
    build(builder, x, { ...options as MobileOptions, bnEpsilon: BATCH_NORM_EPSILON }),
};

function build<T>(builder: LayerBuilder<T>, images: T, options: MobileOptions): Features<T> {
  const { width, outputStride, dilateFirst } = options;
  const blocks = new MobileBlocks(builder, options);
  const activation = "relu6";
  let channels = makeDivisible(32 * width);
  const stem = { name: "features0", kernel: 3, stride: 2, filters: channels, activation } as const;
  let value: Feature<T> = { x: blocks.conv(images, stem), channels };
  const features = new Map<number, Feature<T>>();
  let nominal = 2;
  let number = 1;
  for (const [expansion, base, count, first] of STAGES) {
    if (first === 2) nominal *= 2;
    const dilation = Math.max(1, nominal / outputStride);
    for (let block = 0; block < count; block++) {
      channels = value.channels;
      const isFirst = block === 0 && first === 2;
      value = blocks.invertedResidual(value, {
        name: `features${number++}`,
        kernel: 3,
        expanded: channels * expansion,
        filters: makeDivisible(base * width),
        stride: isFirst ? 2 : 1,
        // SMP dilates a stage from its first block on, torchvision's way is from its second
        dilation: isFirst && !dilateFirst ? Math.max(1, dilation / 2) : dilation,
        activation,
        expand: expansion !== 1,
      });
    }
    features.set(nominal, value);
  }
  const filters = makeDivisible(1280 * width);
  const last = { name: `features${number}`, kernel: 1, filters, activation } as const;
  features.set(nominal, { x: blocks.conv(value.x, last), channels: filters });
  return features;
}
