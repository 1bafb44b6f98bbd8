/**
 * Networks as safetensors under the names of PyTorch's libraries, so that their users go on with them.
 *
 * @module
 */
import { networks } from "../models/networks/registry.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { float16Bits } from "../weights/formats/reduced_weights.ts";
import { type TensorSource, writeSafetensors } from "../weights/formats/write_safetensors.ts";
import type { NameMap } from "../weights/name_maps/name_map.ts";
import { weightValues } from "./weight_values.ts";
import { toLayout, type Weight } from "./weight_layouts.ts";

/**
 * Writes a network's weights into one safetensors file, under the names and in the layout of the first
 * library that has a name for each (`nameMaps` of the network), else under those here. `model.init`
 * reads it back, bit-identical. Biases before a batch norm, which those libraries do not have, go into
 * the norm's mean.
 *
 * @param options `half`: kernels and other weights of two dimensions and more as float16, rounded to the
 * nearest; biases and norms stay float32. @default float32
 * @returns The library, `null` if none names all weights.
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite.
 * @throws {Error} If the file cannot be written.
 * @example
 * ```ts
 * import { buildModel, useBackend } from "@segadv/segadv";
 * import { exportSafetensors } from "@segadv/segadv/export";
 * import { openWeightFile } from "@segadv/segadv/weights";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "unet", width: 1 / 16 }, { classes: 2, seed: 1 });
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "unet.safetensors");
 * assert.deepEqual(await exportSafetensors(model, path), { origin: "Pytorch-UNet" });
 * const file = await openWeightFile(path);
 * assert.deepEqual(file.tensors.get("outc.conv.weight")!.shape, [2, 4, 1, 1]);
 * await file.close();
 * ```
 */
export async function exportSafetensors(
  model: SegmentationModel,
  path: string,
  { half = false }: { half?: boolean } = {},
): Promise<{ origin: string | null }> {
  const stored = half ? halved : (tensors: TensorSource[]) => tensors;
  const weights = await weightValues(model);
  const maps = networks.find(model.architecture?.name ?? "")?.nameMaps ?? [];
  for (const map of maps) {
    const tensors = renamed(weights, map);
    if (tensors === null) continue;
    await writeSafetensors(path, stored(tensors), { metadata: { format: "pt" } });
    return { origin: map.origin };
  }
  const own = [...weights].map(([name, weight]) => tensorOf(name, weight));
  await writeSafetensors(path, stored(own));
  return { origin: null };
}

/** The tensors under a library's names, `null` if it lacks one. */
function renamed(weights: ReadonlyMap<string, Weight>, map: NameMap): TensorSource[] | null {
  const tensors: TensorSource[] = [];
  for (const [name, weight] of weights) {
    const { places: [place], otherwise } = map.places(name);
    if (otherwise === "zero") continue;
    if (place === undefined) return null;
    const values = name.endsWith("/moving_mean") ? centred(name, { weights, map }) : weight.values;
    const { values: laid, shape } = toLayout({ ...weight, values }, place.layout);
    const prefix = map.prefixOf?.(name) ?? "";
    tensors.push(tensorOf(prefix + place.name, { values: laid, shape }));
  }
  return tensors;
}

/** A batch norm's mean less the bias before it, where the library has none. */
function centred(
  name: string,
  { weights, map }: { weights: ReadonlyMap<string, Weight>; map: NameMap },
): Float32Array {
  const { values } = weights.get(name)!;
  const bias = name.replace(/_?bn(\d*)\/moving_mean$/, (_, index) => `_conv${index}/bias`);
  const before = weights.get(bias);
  if (before === undefined || map.places(bias).otherwise !== "zero") return values;
  return values.map((value, i) => value - before.values[i]!);
}

function tensorOf(name: string, { values, shape }: Weight): TensorSource {
  return { name, dtype: "F32", shape, read: () => values };
}

/** The kernels as float16 but those beyond its largest value. */
function halved(tensors: TensorSource[]): TensorSource[] {
  return tensors.map((tensor) => {
    const bits = tensor.shape.length > 1 ? float16Bits(tensor.read() as Float32Array) : null;
    return bits === null ? tensor : { ...tensor, dtype: "F16", read: () => bits };
  });
}
