/**
 * MobileNetV3 as others name it.
 *
 * @module
 */
import { featureAliases, type MobileWeight, parseMobileWeight } from "./mobilenet_v2.ts";
import {
  type NameMap,
  TORCH_NORMALIZE,
  TORCH_PARTS,
  torchAliases,
  type WeightLayout,
  type WeightPlace,
} from "./name_map.ts";

/** What differs between the two sizes. */
interface Size {
  /** Number of the last convolution. */
  last: number;
  /** Blocks with squeeze and excitation. */
  squeezed: readonly number[];
  /** First block of each of timm's stages, by torchvision's numbers. */
  timmStages: readonly number[];
}

const SIZES: Record<"large" | "small", Size> = {
  large: {
    last: 16,
    squeezed: [4, 5, 6, 11, 12, 13, 14, 15],
    timmStages: [1, 2, 4, 7, 11, 13],
  },
  small: { last: 12, squeezed: [1, 4, 5, 6, 7, 8, 9, 10, 11], timmStages: [1, 2, 4, 7, 9] },
};

/** The two convolutions of a squeeze and excitation. */
interface SqueezeWeight {
  number: number;
  layer: "fc1" | "fc2";
  part: string;
  layout: WeightLayout;
}

function parseSqueeze(weight: string): SqueezeWeight | null {
  const found = /^features(\d+)_se_(fc[12])\/(\w+)$/.exec(weight);
  if (found === null) return null;
  const [, number, layer, part] = found;
  return {
    number: Number(number),
    layer: layer as SqueezeWeight["layer"],
    part: part!,
    layout: part === "kernel" ? "oihw" : "same",
  };
}

function mapOf(
  options: Pick<NameMap, "origin" | "aliases" | "prefixOf" | "unused" | "input"> & {
    /** Module of a convolution or batch norm. */
    layer(weight: MobileWeight): string;
    /** Module of a squeeze's convolution. */
    squeeze(weight: SqueezeWeight): string;
  },
): NameMap {
  const { layer, squeeze, ...map } = options;
  const placesOf = (weight: string): WeightPlace[] => {
    const parsed = parseMobileWeight(weight);
    if (parsed !== null) {
      return [{ name: `${layer(parsed)}.${TORCH_PARTS[parsed.part]}`, layout: parsed.layout }];
    }
    const found = parseSqueeze(weight);
    if (found === null) return [];
    return [{ name: `${squeeze(found)}.${TORCH_PARTS[found.part]}`, layout: found.layout }];
  };
  return {
    ...map,
    places(weight) {
      const places = placesOf(weight);
      return { places, otherwise: places.length === 0 ? "fresh" : "missing" };
    },
  };
}

/** `features.0.0.weight`, `features.4.block.2.fc1.bias`. */
function torchMap({ squeezed }: Size): NameMap {
  // The first block of both sizes has no expansion
  const at = (number: number, index: number): string =>
    `${number}.block.${index - (number === 1 ? 1 : 0)}`;
  return mapOf({
    origin: "torchvision",
    aliases: featureAliases,
    prefixOf: () => "features.",
    unused: /^(aux_)?classifier\.|\.num_batches_tracked$/,
    layer({ number, block, kind }) {
      const end = kind === "conv" ? 0 : 1;
      if (block === null) return `${number}.${end}`;
      const index = { expand: 0, depthwise: 1, project: squeezed.includes(number) ? 3 : 2 }[block];
      return `${at(number, index)}.${end}`;
    },
    squeeze: ({ number, layer }) => `${at(number, 2)}.${layer}`,
    input: () => ({
      normalize: structuredClone(TORCH_NORMALIZE),
      options: { stridePadding: "symmetric" },
      bnEpsilon: 1e-3,
    }),
  });
}

/** `conv_stem.weight`, `blocks.2.0.se.conv_reduce.bias`, `blocks.6.0.conv.weight`. */
function timmMap({ last, timmStages }: Size): NameMap {
  const at = (number: number): string => {
    const stage = timmStages.findLastIndex((first) => first <= number);
    return `blocks.${stage}.${number - timmStages[stage]!}`;
  };
  return mapOf({
    origin: "timm",
    aliases: torchAliases,
    unused: /^(classifier|conv_head|norm_head)\.|\.num_batches_tracked$/,
    layer({ number, block, kind }) {
      const isConv = kind === "conv";
      if (number === 0) return isConv ? "conv_stem" : "bn1";
      if (number === last) return `blocks.${timmStages.length}.0.${isConv ? "conv" : "bn1"}`;
      const isFirst = number === 1;
      const names = isFirst
        ? { expand: "", depthwise: "conv_dw", project: "conv_pw" }
        : { expand: "conv_pw", depthwise: "conv_dw", project: "conv_pwl" };
      const index = { expand: 1, depthwise: 2, project: 3 }[block!] - (isFirst ? 1 : 0);
      return `${at(number)}.${isConv ? names[block!] : `bn${index}`}`;
    },
    squeeze: ({ number, layer }) =>
      `${at(number)}.se.${layer === "fc1" ? "conv_reduce" : "conv_expand"}`,
    input: () => ({
      normalize: structuredClone(TORCH_NORMALIZE),
      options: { stridePadding: "symmetric" },
      bnEpsilon: 1e-5,
    }),
  });
}

/** All name maps of MobileNetV3. */
export function mobilenetV3NameMaps(size: keyof typeof SIZES): readonly NameMap[] {
  return [torchMap(SIZES[size]), timmMap(SIZES[size])];
}
