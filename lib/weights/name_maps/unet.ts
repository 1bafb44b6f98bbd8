/**
 * U-Net as PyTorch's users name it (milesial/Pytorch-UNet): `inc.double_conv.0.weight`,
 * `down1.maxpool_conv.1.double_conv.4.running_mean`, `up1.up.weight`, `outc.conv.bias`.
 *
 * @module
 */
import { type NameMap, TORCH_PARTS, torchAliases, type WeightPlace } from "./name_map.ts";

/** Divides pixels by 255. */
const UNIT_NORMALIZE = { order: "rgb", mean: [0, 0, 0], std: [255, 255, 255] } as const;

/** Name map of a U-Net with learned up-convolutions. */
export const torchUnet: NameMap = {
  origin: "Pytorch-UNet",
  aliases: torchAliases,
  unused: /\.num_batches_tracked$/,
  places(weight) {
    const place = placeOf(weight);
    const otherwise = weight.startsWith("score/") ? "fresh" : "missing";
    return { places: place === null ? [] : [place], otherwise };
  },
  input: () => ({
    normalize: { ...UNIT_NORMALIZE, mean: [...UNIT_NORMALIZE.mean], std: [...UNIT_NORMALIZE.std] },
    options: {},
    bnEpsilon: 1e-5,
  }),
};

function placeOf(weight: string): WeightPlace | null {
  const [layer, part] = weight.split("/") as [string, string];
  const end = TORCH_PARTS[part]!;
  // A transposed kernel [h, w, out, in] lies in PyTorch as [in, out, h, w]
  const layout = part === "kernel" ? "oihw" : "same";
  if (layer === "score") return { name: `outc.conv.${end}`, layout };
  const found = /^(enc|dec)(\d)_(?:(up)|(conv|bn)(\d))$/.exec(layer);
  if (found === null) return null;
  const [, side, level, up, kind, index] = found;
  if (up !== undefined) return { name: `up${level}.up.${end}`, layout };
  const position = 3 * (Number(index) - 1) + (kind === "bn" ? 1 : 0);
  const down = level === "1" ? "inc" : `down${Number(level) - 1}.maxpool_conv.1`;
  const stage = side === "enc" ? down : `up${level}.conv`;
  return { name: `${stage}.double_conv.${position}.${end}`, layout };
}
