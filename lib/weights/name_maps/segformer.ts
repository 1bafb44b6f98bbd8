/**
 * SegFormer and its mix transformers as transformers names them
 * (`segformer.encoder.block.0.0.attention.self.query.weight`, `decode_head.linear_fuse.weight`), and as their
 * authors do (NVlabs: `backbone.block1.0.attn.q.weight`, `decode_head.linear_fuse.conv.weight`), whose names of
 * the backbone segmentation_models_pytorch has taken over (`encoder.block1.0.attn.q.weight`).
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

/** Layers of a block in the authors' files; keys and values are one tensor. */
const AUTHORS_BLOCK: Readonly<Record<string, string>> = {
  norm1: "norm1",
  query: "attn.q",
  key: "attn.kv",
  value: "attn.kv",
  reduce: "attn.sr",
  reduce_norm: "attn.norm",
  project: "attn.proj",
  norm2: "norm2",
  expand: "mlp.fc1",
  depthwise: "mlp.dwconv.dwconv",
  contract: "mlp.fc2",
};

/** Name map of the authors' files, with or without their decoder, and of SMP's. */
export const authorsSegformer: NameMap = {
  ...transformersSegformer,
  origin: "NVlabs' SegFormer",
  originOf: ({ tensors }) =>
    [...tensors.keys()].some((name) => name.startsWith("encoder."))
      ? "segmentation_models_pytorch"
      : "NVlabs' SegFormer",
  aliases: torchAliases,
  unused: /^(head|decode_head\.conv_seg)\.|\.num_batches_tracked$/,
  places(weight) {
    const place = authorsPlace(weight);
    return { places: place === null ? [] : [place], otherwise: "missing" };
  },
};

/** Stage, layer and part of a weight of the backbone; `null` for one of the decoder. */
function parseWeight(weight: string): {
  stage: number;
  /** Of the whole stage. */
  outer: string | undefined;
  block: number;
  /** Of the block. */
  inner: string;
  end: string;
  isKernel: boolean;
} | null {
  const [layer, part] = weight.split("/") as [string, string];
  const found = /^stage(\d)_(?:(patch|patch_norm|norm)|block(\d+)_(\w+))$/.exec(layer);
  if (found === null) return null;
  const [, stage, outer, block, inner = ""] = found;
  const end = TORCH_PARTS[part]!;
  const isKernel = part.endsWith("kernel");
  return { stage: Number(stage), outer, block: Number(block), inner, end, isKernel };
}

/** Name of a weight of the backbone in the authors' files. */
function authorsPlace(weight: string): WeightPlace | null {
  const parsed = parseWeight(weight);
  if (parsed === null) return null;
  const { stage, outer, block, inner, end, isKernel } = parsed;
  if (outer === "norm") return { name: `norm${stage}.${end}`, layout: "same" };
  if (outer !== undefined) {
    const name = `patch_embed${stage}.${outer === "patch" ? "proj" : "norm"}.${end}`;
    return { name, layout: isKernel ? "oihw" : "same" };
  }
  const path = AUTHORS_BLOCK[inner];
  if (path === undefined) return null;
  const place = {
    name: `block${stage}.${block - 1}.${path}.${end}`,
    layout: isKernel ? BLOCK[inner]![1] : "same",
  } as const;
  const index = ["key", "value"].indexOf(inner);
  return index < 0 ? place : { ...place, part: { index, count: 2 } };
}

/** Names of a weight of the backbone, less the path before the encoder's parts. */
function encoderPlace(weight: string): WeightPlace | null {
  const parsed = parseWeight(weight);
  if (parsed === null) return null;
  const { stage, outer, block, inner, end, isKernel } = parsed;
  const index = stage - 1;
  if (outer === "patch") {
    const layout = isKernel ? "oihw" : "same";
    return { name: `patch_embeddings.${index}.proj.${end}`, layout };
  }
  if (outer === "patch_norm") {
    return { name: `patch_embeddings.${index}.layer_norm.${end}`, layout: "same" };
  }
  if (outer === "norm") return { name: `layer_norm.${index}.${end}`, layout: "same" };
  const [path, layout] = BLOCK[inner] ?? [];
  if (path === undefined) return null;
  return {
    name: `block.${index}.${block - 1}.${path}.${end}`,
    layout: isKernel ? layout! : "same",
  };
}

/** Names of a weight of the decoder: transformers', the authors', SMP's. */
export function segformerDecoderPlaces(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const isKernel = part === "kernel";
  const places = (names: string[], layout: WeightLayout): WeightPlace[] =>
    names.map((name) => ({
      name: `${name}.${TORCH_PARTS[part]!}`,
      layout: isKernel ? layout : "same",
    }));
  const linear = Number(/^decoder_linear(\d)$/.exec(layer)?.[1]);
  if (linear > 0) {
    // SMP's first is that of the coarsest feature
    const smp = `decoder.mlp_stage.${4 - linear}.linear`;
    const head = "decode_head.linear_c";
    return places([`${head}.${linear - 1}.proj`, `${head}${linear}.proj`, smp], "linear");
  }
  const fuse = "decode_head.linear_fuse";
  switch (layer) {
    case "decoder_fuse":
      return places([fuse, `${fuse}.conv`, "decoder.fuse_stage.0"], "oihw");
    case "decoder_fuse_bn":
      return places(
        ["decode_head.batch_norm", `${fuse}.bn`, "decoder.fuse_stage.1"],
        "same",
      );
    case "score":
      return places(
        ["decode_head.classifier", "decode_head.linear_pred", "segmentation_head.0"],
        "oihw",
      );
  }
  return [];
}
