/**
 * Fast-SCNN as Tramac/Fast-SCNN-pytorch names it: `learning_to_downsample.dsconv1.conv.0.weight`,
 * `global_feature_extractor.bottleneck1.0.block.1.conv.1.running_mean`, `classifier.conv.1.bias`.
 *
 * @module
 */
import {
  type NameMap,
  TORCH_NORMALIZE,
  TORCH_PARTS,
  torchAliases,
  type WeightPlace,
} from "./name_map.ts";

/** Name map of Fast-SCNN. */
export const tramacFastScnn: NameMap = {
  origin: "Fast-SCNN-pytorch",
  aliases: torchAliases,
  unused: /^auxlayer\.|\.num_batches_tracked$/,
  places(weight) {
    const place = placeOf(weight);
    const otherwise = weight.startsWith("score/") ? "fresh" : "missing";
    return { places: place === null ? [] : [place], otherwise };
  },
  input: () => ({ normalize: structuredClone(TORCH_NORMALIZE), options: {}, bnEpsilon: 1e-5 }),
};

function placeOf(weight: string): WeightPlace | null {
  const [layer, part] = weight.split("/") as [string, string];
  const end = TORCH_PARTS[part]!;
  const layout = part === "depthwise_kernel"
    ? "depthwise"
    : part === "kernel"
    ? "oihw"
    : "same" as const;
  if (layer === "score") return { name: `classifier.conv.1.${end}`, layout };
  const found = /^(.+)_(conv|bn)$/.exec(layer);
  const path = found === null ? null : pathOf(found[1]!, found[2] === "bn" ? 1 : 0);
  return path === null ? null : { name: `${path}.${end}`, layout };
}

/** Path of a convolution (0) or of the batch norm behind it (1). */
function pathOf(block: string, index: 0 | 1): string | null {
  const fixed: Record<string, string> = {
    stem: `learning_to_downsample.conv.conv.${index}`,
    pyramid: `global_feature_extractor.ppm.out.conv.${index}`,
    fuse_depthwise: `feature_fusion.dwconv.conv.${index}`,
    fuse_low: `feature_fusion.conv_lower_res.${index}`,
    fuse_high: `feature_fusion.conv_higher_res.${index}`,
  };
  if (block in fixed) return fixed[block]!;
  const pool = /^pyramid(\d)$/.exec(block)?.[1];
  if (pool !== undefined) return `global_feature_extractor.ppm.conv${pool}.conv.${index}`;
  const separable = /^(down|head)(\d)_(depthwise|pointwise)$/.exec(block);
  if (separable !== null) {
    const [, place, number, kind] = separable;
    const module = place === "down" ? "learning_to_downsample" : "classifier";
    return `${module}.dsconv${number}.conv.${(kind === "pointwise" ? 3 : 0) + index}`;
  }
  const residual = /^stage(\d)_block(\d)_(expand|depthwise|project)$/.exec(block);
  if (residual === null) return null;
  const [, stage, number, kind] = residual;
  const path = `global_feature_extractor.bottleneck${stage}.${Number(number) - 1}.block`;
  if (kind === "project") return `${path}.${2 + index}`;
  return `${path}.${kind === "expand" ? 0 : 1}.conv.${index}`;
}
