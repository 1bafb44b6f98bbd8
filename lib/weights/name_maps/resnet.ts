/**
 * ResNet-50, 101 and 152 as others name them. Convolutions of PyTorch and TensorFlow have no biases
 * here: ours, which a batch norm follows, are zero then.
 *
 * @module
 */
import type { WeightFile } from "../weight_file.ts";
import {
  CAFFE_NORMALIZE,
  type InputRule,
  kerasAliases,
  type NameMap,
  TENSORFLOW_NORMALIZE,
  TORCH_NORMALIZE,
  TORCH_PARTS,
  torchAliases,
  type WeightPlace,
} from "./name_map.ts";

/** Which layer of a ResNet a weight of ours belongs to. */
interface ResnetWeight {
  /** 1 is the stem. */
  stage: number;
  /** From 1. */
  block: number;
  /** 1 to 3, and 0 for the projection. */
  index: number;
  kind: "conv" | "bn";
  part: string;
}

function parse(weight: string): ResnetWeight | null {
  const found = /^conv(\d)(?:_block(\d+)_(\d))?_(conv|bn)\/(\w+)$/.exec(weight);
  if (found === null) return null;
  const [, stage, block = 1, index = 1, kind, part] = found;
  return {
    stage: Number(stage),
    block: Number(block),
    index: Number(index),
    kind: kind as ResnetWeight["kind"],
    part: part!,
  };
}

function resnetMap(
  options: Pick<NameMap, "origin" | "originOf" | "aliases" | "unused" | "input"> & {
    find(weight: ResnetWeight): WeightPlace;
  },
): NameMap {
  const { find, ...map } = options;
  return {
    ...map,
    places(weight) {
      const parsed = parse(weight);
      if (parsed === null) return { places: [], otherwise: "fresh" };
      return { places: [find(parsed)], otherwise: parsed.part === "bias" ? "zero" : "missing" };
    },
  };
}

/**
 * `conv1.weight`, `layer1.0.bn1.running_mean`, `layer1.0.downsample.0.weight`; timm's too, and the same
 * below `backbone.` (torchvision's segmentation networks) and `encoder.` (SMP).
 */
export const torchResnet: NameMap = resnetMap({
  origin: "torchvision",
  aliases: torchAliases,
  unused: /^(fc|aux_classifier)\.|\.num_batches_tracked$/,
  find({ stage, block, index, kind, part }) {
    const end = TORCH_PARTS[part]!;
    const layout = part === "kernel" ? "oihw" : "same";
    if (stage === 1) return { name: `${kind}1.${end}`, layout };
    const layer = index === 0 ? `downsample.${kind === "conv" ? 0 : 1}` : `${kind}${index}`;
    return { name: `layer${stage - 1}.${block - 1}.${layer}.${end}`, layout };
  },
  originOf: (file) =>
    isTensorflow(file) ? "TensorFlow's official ResNet under torchvision's names" : "torchvision",
  input: torchInput,
});

/**
 * TensorFlow's official ResNet-50 under torchvision's names has a class 0 "background", torchvision
 * has none: 1001 rows tell it apart.
 */
function isTensorflow(file: WeightFile): boolean {
  const head = [...file.tensors].find(([name]) => torchAliases(name)[0] === "fc.weight");
  return head?.[1].shape[0] === 1001;
}

function torchInput(file: WeightFile): InputRule {
  return {
    normalize: isTensorflow(file) ? TENSORFLOW_NORMALIZE : TORCH_NORMALIZE,
    options: { variant: "v1.5", stemPool: isTensorflow(file) ? "same" : "padded" },
    bnEpsilon: 1e-5,
  };
}

function kerasInput(bnEpsilon: number): InputRule {
  return { normalize: CAFFE_NORMALIZE, options: { variant: "v1", stemPool: "padded" }, bnEpsilon };
}

/** `conv1_conv`, `conv2_block1_0_bn`: Keras' applications since 2018, the names used here. */
const kerasResnet: NameMap = resnetMap({
  origin: "Keras",
  aliases: kerasAliases,
  unused: /^(predictions|probs)\//,
  find({ stage, block, index, kind, part }) {
    const layer = stage === 1 ? `conv1_${kind}` : `conv${stage}_block${block}_${index}_${kind}`;
    return { name: `${layer}/${part}`, layout: "same" };
  },
  input: () => kerasInput(1.001e-5),
});

/** `res2a_branch2a`, `bn2a_branch1`: Keras' ResNet-50 of 2017, and deeper ones in its style. */
const kerasResnet2017: NameMap = resnetMap({
  origin: "Keras of 2017",
  aliases: kerasAliases,
  unused: /^fc1000\//,
  find({ stage, block, index, kind, part }) {
    if (stage === 1) {
      return { name: `${kind === "bn" ? "bn_conv1" : "conv1"}/${part}`, layout: "same" };
    }
    const branch = index === 0 ? "1" : `2${"abc"[index - 1]}`;
    const letter = "abcdef"[block - 1] ?? `b${block - 1}`;
    const name = `${kind === "bn" ? "bn" : "res"}${stage}${letter}_branch${branch}`;
    return { name: `${name}/${part}`, layout: "same" };
  },
  input: () => kerasInput(1e-3),
});

/** All name maps of a ResNet. */
export const resnetNameMaps: readonly NameMap[] = [torchResnet, kerasResnet, kerasResnet2017];
