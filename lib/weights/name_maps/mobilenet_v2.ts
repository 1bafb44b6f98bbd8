/**
 * MobileNetV2 as others name it.
 *
 * @module
 */
import {
  type NameMap,
  TORCH_NORMALIZE,
  TORCH_PARTS,
  torchAliases,
  type WeightLayout,
  type WeightPlace,
} from "./name_map.ts";

/** Which layer of a MobileNet a weight of ours belongs to. */
export interface MobileWeight {
  /** torchvision's number in `features`: 0 is the stem. */
  number: number;
  /** Part of an inverted residual; `null` for the first and the last convolution. */
  block: "expand" | "depthwise" | "project" | null;
  kind: "conv" | "bn";
  part: string;
  layout: WeightLayout;
}

/** The layer of one of our weights' names, `null` if it is no convolution or batch norm of a MobileNet. */
export function parseMobileWeight(weight: string): MobileWeight | null {
  const found = /^features(\d+)_(?:(expand|depthwise|project)_)?(conv|bn)\/(\w+)$/.exec(weight);
  if (found === null) return null;
  const [, number, block = null, kind, part] = found;
  const layouts: Record<string, WeightLayout> = { kernel: "oihw", depthwise_kernel: "depthwise" };
  return {
    number: Number(number),
    block: block as MobileWeight["block"],
    kind: kind as MobileWeight["kind"],
    part: part!,
    layout: layouts[part!] ?? "same",
  };
}

/**
 * Names below `features.` (classification), `encoder.features.` (SMP) and `backbone.` (torchvision's
 * segmentation networks).
 */
export function featureAliases(name: string): string[] {
  return torchAliases(name).map((alias) => alias.replace(/^features\./, ""));
}

/** `1.conv.0.0` and the like: a convolution of torchvision's; its batch norm is the next module. */
function torchConv({ number, block }: MobileWeight): { conv: string; bn: string } {
  if (block === null) return { conv: `${number}.0`, bn: `${number}.1` };
  // The first block has no expansion
  const index = { expand: 0, depthwise: 1, project: 2 }[block] - (number === 1 ? 1 : 0);
  const at = `${number}.conv.${index}`;
  return block === "project"
    ? { conv: at, bn: `${number}.conv.${index + 1}` }
    : { conv: `${at}.0`, bn: `${at}.1` };
}

function mapOf(
  options:
    & Pick<NameMap, "origin" | "aliases" | "prefixOf" | "unused" | "input">
    & { find(weight: MobileWeight): ReturnType<NameMap["places"]> },
): NameMap {
  const { find, ...map } = options;
  return {
    ...map,
    places(weight) {
      const parsed = parseMobileWeight(weight);
      return parsed === null ? { places: [], otherwise: "fresh" } : find(parsed);
    },
  };
}

/** `features.0.0.weight`, `features.1.conv.0.1.running_mean`. */
const torchMap: NameMap = mapOf({
  origin: "torchvision",
  aliases: featureAliases,
  prefixOf: () => "features.",
  unused: /^classifier\.|\.num_batches_tracked$/,
  find(weight) {
    const { kind, part, layout } = weight;
    const name = `${torchConv(weight)[kind]}.${TORCH_PARTS[part]}`;
    return { places: [{ name, layout }], otherwise: "missing" };
  },
  input: () => ({
    normalize: structuredClone(TORCH_NORMALIZE),
    options: { stridePadding: "symmetric" },
    bnEpsilon: 1e-5,
  }),
});

/**
 * Keras' weights under torchvision's names, batch norm folded into the convolutions: `features.0.0.weight`
 * and `features.0.0.bias`. The bias becomes β; the rest of the batch norm is the identity, γ = 1 with
 * mean 0 and a variance that gives 1 with ε. At inference that is exact; a run gives these batch norms
 * statistics of its images before it trains.
 */
const foldedMap: NameMap = mapOf({
  origin: "Keras, batch norm folded in",
  aliases: featureAliases,
  prefixOf: () => "features.",
  unused: /^classifier\.|_(scale|zero)$/,
  find(weight) {
    const { kind, part, layout } = weight;
    const { conv } = torchConv(weight);
    if (kind === "conv") {
      return { places: [{ name: `${conv}.weight`, layout }], otherwise: "missing" };
    }
    if (part !== "beta") return { places: [], otherwise: "identity" };
    return { places: [{ name: `${conv}.bias`, layout }], otherwise: "missing" };
  },
  input: () => ({
    normalize: { order: "rgb", mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
    options: { stridePadding: "same" },
    bnEpsilon: null,
  }),
});

/** First block of each of timm's stages, by torchvision's numbers. */
const TIMM_STAGES = [1, 2, 4, 7, 11, 14, 17];

/** `conv_stem.weight`, `bn1.bias`, `blocks.1.0.conv_pwl.weight`. */
const timmMap: NameMap = mapOf({
  origin: "timm",
  aliases: torchAliases,
  unused: /^classifier\.|\.num_batches_tracked$/,
  find({ number, block, kind, part, layout }) {
    const end = TORCH_PARTS[part]!;
    const place = (name: string): { places: WeightPlace[]; otherwise: "missing" } => ({
      places: [{ name: `${name}.${end}`, layout }],
      otherwise: "missing",
    });
    if (block === null) {
      if (number === 0) return place(kind === "conv" ? "conv_stem" : "bn1");
      return place(kind === "conv" ? "conv_head" : "bn2");
    }
    const stage = TIMM_STAGES.findLastIndex((first) => first <= number);
    const at = `blocks.${stage}.${number - TIMM_STAGES[stage]!}`;
    // The first block has no expansion, so that its projection is the second convolution
    const isFirst = number === 1;
    const names = isFirst
      ? { expand: "", depthwise: "conv_dw", project: "conv_pw" }
      : { expand: "conv_pw", depthwise: "conv_dw", project: "conv_pwl" };
    const index = { expand: 1, depthwise: 2, project: 3 }[block] - (isFirst ? 1 : 0);
    return place(`${at}.${kind === "conv" ? names[block] : `bn${index}`}`);
  },
  input: () => ({
    normalize: structuredClone(TORCH_NORMALIZE),
    options: { stridePadding: "symmetric" },
    bnEpsilon: 1e-5,
  }),
});

/** All name maps of MobileNetV2. */
export const mobilenetV2NameMaps: readonly NameMap[] = [torchMap, foldedMap, timmMap];
