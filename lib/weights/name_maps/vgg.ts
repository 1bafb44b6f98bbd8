/**
 * VGG-16 and VGG-19 as others name them. The fully connected layers fc6 and fc7 become a 7×7 and a
 * 1×1 convolution: PyTorch flattens the last map channel first, Keras and TensorFlow channel last.
 *
 * @module
 */
import {
  CAFFE_NORMALIZE,
  CAFFE_RGB_NORMALIZE,
  type InputRule,
  kerasAliases,
  type NameMap,
  TORCH_NORMALIZE,
  torchAliases,
  type WeightPlace,
} from "./name_map.ts";

/**
 * All name maps of a VGG.
 *
 * @param convs Number of convolutions of each block.
 */
export function vggNameMaps(convs: readonly number[]): NameMap[] {
  return [torchVgg(convs), kerasVgg, numpyVgg];
}

/** Which layer of VGG a weight of ours belongs to; `null` for score and upsampling layers. */
interface VggWeight {
  /** From 1; 6 and 7 are fc6 and fc7. */
  block: number;
  conv: number;
  part: "kernel" | "bias";
}

function parse(weight: string): VggWeight | null {
  const found = /^(?:block(\d)_conv(\d)|fc([67]))\/(kernel|bias)$/.exec(weight);
  if (found === null) return null;
  const [, block, conv, fc, part] = found;
  return {
    block: Number(fc ?? block),
    conv: Number(conv ?? 1),
    part: part as VggWeight["part"],
  };
}

/** Number of a convolution in torchvision's `features`: ReLUs and pools count too. */
function featureIndex({ block, conv }: VggWeight, convs: readonly number[]): number {
  const before = convs.slice(0, block - 1).reduce((sum, count) => sum + 2 * count + 1, 0);
  return before + 2 * (conv - 1);
}

function vggMap(
  options: Pick<NameMap, "origin" | "aliases" | "unused"> & {
    normalize: InputRule["normalize"];
    find(weight: VggWeight): WeightPlace[];
  },
): NameMap {
  const { find, normalize, ...map } = options;
  return {
    ...map,
    places(weight) {
      const parsed = parse(weight);
      return parsed === null
        ? { places: [], otherwise: "fresh" }
        : { places: find(parsed), otherwise: "missing" };
    },
    input: () => ({ normalize, options: {}, bnEpsilon: null }),
  };
}

/** `features.0.weight`, `classifier.0.weight`; timm's `pre_logits.fc1.weight` is a convolution. */
function torchVgg(convs: readonly number[]): NameMap {
  return vggMap({
    origin: "torchvision",
    normalize: TORCH_NORMALIZE,
    aliases: torchAliases,
    unused: /^(classifier\.6|head\.fc)\./,
    find(weight) {
      const part = weight.part === "kernel" ? "weight" : "bias";
      if (weight.block < 6) {
        return [{ name: `features.${featureIndex(weight, convs)}.${part}`, layout: "oihw" }];
      }
      const [own, timm] = weight.block === 6 ? [0, "fc1"] : [3, "fc2"];
      return [
        { name: `classifier.${own}.${part}`, layout: "linear" },
        { name: `pre_logits.${timm}.${part}`, layout: "oihw" },
      ];
    },
  });
}

/** `block1_conv1`, `fc1`: Keras' applications, weights of Caffe. */
const kerasVgg: NameMap = vggMap({
  origin: "Keras",
  normalize: CAFFE_NORMALIZE,
  aliases: kerasAliases,
  unused: /^(predictions|fc8)\//,
  find({ block, conv, part }) {
    return block < 6
      ? [{ name: `block${block}_conv${conv}/${part}`, layout: "same" }]
      : [{ name: `fc${block - 5}/${part}`, layout: "dense" }];
  },
});

/** `conv1_1_W`, `fc6_b`: weights of Caffe in NumPy files for TensorFlow, channels turned to RGB. */
const numpyVgg: NameMap = vggMap({
  origin: "NumPy (Caffe's names)",
  normalize: CAFFE_RGB_NORMALIZE,
  aliases: (name) => [name],
  unused: /^fc8_/,
  find({ block, conv, part }) {
    const end = part === "kernel" ? "W" : "b";
    return block < 6
      ? [{ name: `conv${block}_${conv}_${end}`, layout: "same" }]
      : [{ name: `fc${block}_${end}`, layout: "dense" }];
  },
});
