/**
 * MobileNetV3, large and small (Howard et al. 2019), as torchvision builds it.
 *
 * @module
 */
import { mobilenetV3NameMaps } from "../../weights/name_maps/mobilenet_v3.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { BackboneEntry, Feature, Features } from "./backbone_entry.ts";
import { makeDivisible, MobileBlocks, type MobileOptions, mobileOptions } from "./mobile_blocks.ts";

/** Kernel, expanded channels, channels, squeeze and excitation, activation, stride. */
type Row = readonly [
  kernel: number,
  expanded: number,
  filters: number,
  hasSqueeze: boolean,
  activation: "relu" | "hardSwish",
  stride: 1 | 2,
];

const ROWS: Record<"large" | "small", readonly Row[]> = {
  large: [
    [3, 16, 16, false, "relu", 1],
    [3, 64, 24, false, "relu", 2],
    [3, 72, 24, false, "relu", 1],
    [5, 72, 40, true, "relu", 2],
    [5, 120, 40, true, "relu", 1],
    [5, 120, 40, true, "relu", 1],
    [3, 240, 80, false, "hardSwish", 2],
    [3, 200, 80, false, "hardSwish", 1],
    [3, 184, 80, false, "hardSwish", 1],
    [3, 184, 80, false, "hardSwish", 1],
    [3, 480, 112, true, "hardSwish", 1],
    [3, 672, 112, true, "hardSwish", 1],
    [5, 672, 160, true, "hardSwish", 2],
    [5, 960, 160, true, "hardSwish", 1],
    [5, 960, 160, true, "hardSwish", 1],
  ],
  small: [
    [3, 16, 16, true, "relu", 2],
    [3, 72, 24, false, "relu", 2],
    [3, 88, 24, false, "relu", 1],
    [5, 96, 40, true, "hardSwish", 2],
    [5, 240, 40, true, "hardSwish", 1],
    [5, 240, 40, true, "hardSwish", 1],
    [5, 120, 48, true, "hardSwish", 1],
    [5, 144, 48, true, "hardSwish", 1],
    [5, 288, 96, true, "hardSwish", 2],
    [5, 576, 96, true, "hardSwish", 1],
    [5, 576, 96, true, "hardSwish", 1],
  ],
};
const BATCH_NORM_EPSILON = 1e-3;

/** MobileNetV3: large has features 16, 24, 40, 80 and 960 channels wide, small 16, 16, 24, 40 and 576. */
export const mobilenetV3Backbones: readonly BackboneEntry[] = (["large", "small"] as const).map(
  (size) => ({
    name: `mobilenetv3-${size}`,
    summary: `MobileNetV3-${size} (Howard et al. 2019)`,
    options: mobileOptions(0.99),
    strides: [2, 4, 8, 16, 32],
    outputStrides: [16, 32],
    networkNames: size === "large" ? { deeplabv3: "deeplabv3-mobilenetv3" } : {},
    nameMaps: mobilenetV3NameMaps(size),
    inputOptions: ["stridePadding"],
    bnEpsilon: BATCH_NORM_EPSILON,
    auxiliaryStride: 8,
    stages: stagesOf(size),
    build: (builder, x, options) =>
      build(builder, x, { ...options as MobileOptions, bnEpsilon: BATCH_NORM_EPSILON, size }),
  }),
);

/** Layers of the stages of `model.freeze`: one a stride. */
function stagesOf(size: keyof typeof ROWS): RegExp[] {
  const starts = ROWS[size].flatMap(([, , , , , stride], i) => stride === 2 ? [i + 1] : []);
  if (starts[0] !== 1) starts.unshift(0);
  else starts[0] = 0;
  const end = ROWS[size].length + 2;
  return starts.map((from, i) => {
    const to = starts[i + 1] ?? end;
    const numbers = Array.from({ length: to - from }, (_, j) => from + j);
    return new RegExp(`^features(${numbers.join("|")})_`);
  });
}

/**
 * The features of strides 4 to 16 end at the first block of their stride, as torchvision takes them;
 * the last is behind the last convolution.
 */
function build<T>(
  builder: LayerBuilder<T>,
  images: T,
  options: MobileOptions & { size: keyof typeof ROWS },
): Features<T> {
  const { width, outputStride, size } = options;
  const blocks = new MobileBlocks(builder, options);
  const scaled = (channels: number): number => makeDivisible(channels * width);
  const stem = { name: "features0", kernel: 3, stride: 2, filters: scaled(16) };
  let value: Feature<T> = {
    x: blocks.conv(images, { ...stem, activation: "hardSwish" }),
    channels: stem.filters,
  };
  let nominal = 2;
  const features = new Map<number, Feature<T>>([[nominal, value]]);
  for (const [i, [kernel, base, out, hasSqueeze, activation, stride]] of ROWS[size].entries()) {
    nominal *= stride;
    const expanded = scaled(base);
    value = blocks.invertedResidual(value, {
      name: `features${i + 1}`,
      kernel,
      expanded,
      filters: scaled(out),
      stride,
      dilation: Math.max(1, nominal / outputStride),
      activation,
      ...(hasSqueeze && { squeeze: makeDivisible(expanded / 4) }),
      expand: expanded !== value.channels,
    });
    if (stride === 2) features.set(nominal, value);
  }
  const filters = 6 * value.channels;
  const last = { name: `features${ROWS[size].length + 1}`, kernel: 1, filters };
  const x = blocks.conv(value.x, { ...last, activation: "hardSwish" });
  features.set(nominal, { x, channels: filters });
  return features;
}
