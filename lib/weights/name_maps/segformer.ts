/**
 * SegFormer and its mix transformers as transformers names them:
 * `segformer.encoder.block.0.0.attention.self.query.weight`, `decode_head.linear_fuse.weight`.
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

/** Layers of a block, and whether they are linear. */
const BLOCK: Readonly<Record<string, [path: string, layout: WeightLayout]>> = {
  norm1: ["layer_norm_1", "same"],
  query: ["attention.self.query", "linear"],
  key: ["attention.self.key", "linear"],
  value: ["attention.self.value", "linear"],
  reduce: ["attention.self.sr", "oihw"],
  reduce_norm: ["attention.self.layer_norm", "same"],
  project: ["attention.output.dense", "linear"],
  norm2: ["layer_norm_2", "same"],
  expand: ["mlp.dense1", "linear"],
  depthwise: ["mlp.dwconv.dwconv", "depthwise"],
  contract: ["mlp.dense2", "linear"],
};

/** Name map of a mix transformer; a classifier's file has no decoder. */
export const transformersSegformer: NameMap = {
  origin: "transformers",
  aliases: (name) => [torchAliases(name)[0]!.replace(/^(segformer\.)?(encoder\.)?/, "")],
  unused: /^classifier\.|\.num_batches_tracked$/,
  places(weight) {
    const place = encoderPlace(weight);
    return { places: place === null ? [] : [place], otherwise: "missing" };
  },
  input: () => ({ normalize: structuredClone(TORCH_NORMALIZE), options: {}, bnEpsilon: null }),
};

/** Names of a weight of the backbone, less the path before the encoder's parts. */
function encoderPlace(weight: string): WeightPlace | null {
  const [layer, part] = weight.split("/") as [string, string];
  const found = /^stage(\d)_(?:(patch|patch_norm|norm)|block(\d+)_(\w+))$/.exec(layer);
  if (found === null) return null;
  const [, stage, outer, block, inner] = found;
  const index = Number(stage) - 1;
  const end = TORCH_PARTS[part]!;
  if (outer === "patch") {
    const layout = part === "kernel" ? "oihw" : "same";
    return { name: `patch_embeddings.${index}.proj.${end}`, layout };
  }
  if (outer === "patch_norm") {
    return { name: `patch_embeddings.${index}.layer_norm.${end}`, layout: "same" };
  }
  if (outer === "norm") return { name: `layer_norm.${index}.${end}`, layout: "same" };
  const [path, layout] = BLOCK[inner!] ?? [];
  if (path === undefined) return null;
  const isKernel = part.endsWith("kernel");
  return {
    name: `block.${index}.${Number(block) - 1}.${path}.${end}`,
    layout: isKernel ? layout! : "same",
  };
}

/** Names of a weight of the decoder. */
export function segformerDecoderPlaces(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const end = TORCH_PARTS[part]!;
  const isKernel = part === "kernel";
  const linear = /^decoder_linear(\d)$/.exec(layer)?.[1];
  if (linear !== undefined) {
    const name = `decode_head.linear_c.${Number(linear) - 1}.proj.${end}`;
    return [{ name, layout: isKernel ? "linear" : "same" }];
  }
  const layout = isKernel ? "oihw" : "same";
  switch (layer) {
    case "decoder_fuse":
      return [{ name: `decode_head.linear_fuse.${end}`, layout }];
    case "decoder_fuse_bn":
      return [{ name: `decode_head.batch_norm.${end}`, layout }];
    case "score":
      return [{ name: `decode_head.classifier.${end}`, layout }];
  }
  return [];
}
