/**
 * The tensors of a weight file, and the network that it can initialise.
 *
 * @module
 */
import { keysOf } from "../../util/schema.ts";
import { inspectModel } from "../inspect_model.ts";
import { networks } from "../networks/registry.ts";
import { planWeights, type WeightPlan } from "../../weights/plan.ts";
import type { WeightFile, WeightTensor } from "../../weights/weight_file.ts";

/** A tensor of a file, and the weight that it would become. */
export interface InspectedTensor extends WeightTensor {
  name: string;
  /** `layer/weight` of the network; `null` where it has no place. */
  weight: string | null;
}

/** What a weight file holds. */
export interface WeightReport {
  path: string;
  format: string;
  tensors: InspectedTensor[];
  /** Numbers in all tensors together. */
  values: number;
  /** Registered name of the network that fits best; `null` where none knows the names. */
  network: string | null;
  /** How the file fits that network. */
  plan: WeightPlan | null;
}

/** Options of {@linkcode inspectWeights}. */
export interface InspectWeightsOptions {
  /** Network to compare the file with. @default the one that fits best */
  network?: string;
  /** Multiplier of its channels. @default the saved network's own, else 1 */
  width?: number;
  /** Number of its classes, which decides whether a saved head fits. @default the file's own */
  classes?: number;
}

/**
 * Compares the names and shapes of an open weight file with a network; reads no values.
 *
 * @throws {RangeError} If no network has the given name.
 * @example
 * ```ts
 * import { inspectWeights } from "@segadv/segadv/models";
 * import { openWeightFile, writeSafetensors } from "@segadv/segadv/weights";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "part.safetensors");
 * const shape = [64, 3, 7, 7];
 * const read = () => new Float32Array(64 * 3 * 7 * 7);
 * await writeSafetensors(path, [{ name: "conv1.weight", dtype: "F32", shape, read }]);
 * const file = await openWeightFile(path);
 * const { network, tensors, plan } = inspectWeights(file, { network: "resnet50" });
 * assert.equal(network, "resnet50");
 * assert.equal(tensors[0]!.weight, "conv1_conv/kernel");
 * assert.ok(plan!.missing.includes("conv1_bn/gamma"));
 * await file.close();
 * ```
 */
export function inspectWeights(
  file: WeightFile,
  options: InspectWeightsOptions = {},
): WeightReport {
  const best = candidatesOf(file, options).flatMap((network) => planFor(file, network, options))
    .filter(({ plan }) => options.network !== undefined || isLikely(plan))
    .reduce<Fit | null>((a, b) => a === null || misfits(b.plan) < misfits(a.plan) ? b : a, null);
  const weights = new Map(best?.plan.copies.map(({ source, target }) => [source, target.name]));
  const tensors = [...file.tensors].map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape: [...shape],
    weight: weights.get(name) ?? null,
  }));
  return {
    path: file.path,
    format: file.format,
    tensors,
    values: tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    network: best?.network ?? null,
    plan: best?.plan ?? null,
  };
}

interface Fit {
  network: string;
  plan: WeightPlan;
}

/** FCN-8s for the three networks on its backbone: published weights have no score layers. */
function candidatesOf({ saved }: WeightFile, { network }: InspectWeightsOptions): string[] {
  if (network !== undefined) return [network];
  if (saved !== null) return saved.architecture === null ? [] : [saved.architecture.name];
  return networks.names.filter((name) => !/^fcn(16|32)s/.test(name));
}

function planFor(file: WeightFile, network: string, options: InspectWeightsOptions): Fit[] {
  const { saved } = file;
  const { width = saved?.architecture?.width ?? 1, classes = saved?.classes.length ?? 21 } =
    options;
  const entry = networks.get(network);
  // A saved network's own options, which another network does not take
  const own = saved?.architecture?.name === network
    ? Object.fromEntries(keysOf(entry.options).map((key) => [key, saved.architecture?.[key]]))
    : {};
  const { layers } = inspectModel({ ...own, name: network, width }, { classes });
  const targets = layers.flatMap(({ weights }) => weights);
  try {
    return [{ network, plan: planWeights(file, { network: entry, targets }) }];
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

/** A few names in common, such as `classifier.1`, are no sign of an architecture. */
function isLikely({ copies, misshapen, missing }: WeightPlan): boolean {
  return copies.length + misshapen.length > missing.length;
}

function misfits({ missing, extra, misshapen }: WeightPlan): number {
  return missing.length + extra.length + misshapen.length;
}
