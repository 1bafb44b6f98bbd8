/**
 * The backbone of a network by stages, and which of its layers `model.freeze` keeps as they are.
 *
 * @module
 */
import { BatchNormalization } from "./builders/norms.ts";
import type { NetworkEntry } from "./networks/network_entry.ts";
import { networks } from "./networks/registry.ts";
import type { SegmentationModel } from "./segmentation_model.ts";

/** What keeps its weights: nothing, the backbone, or its first stages, as many as the number says. */
export type Freeze = "none" | "backbone" | number;

/**
 * The stage of the backbone, from 1, that a layer belongs to; `null`: it belongs to the head.
 *
 * @param network Its stages; where it names none, all but the score layers are one stage.
 * @example
 * ```ts
 * import { backboneStage, networks, stageCount } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * const unet = networks.get("unet");
 * assert.deepEqual([backboneStage(unet, "enc2_conv1"), backboneStage(unet, "score")], [2, null]);
 * assert.equal(stageCount(unet), 5);
 * ```
 */
export function backboneStage(
  { backboneStages }: Pick<NetworkEntry, "backboneStages">,
  layer: string,
): number | null {
  if (backboneStages === undefined) return layer.startsWith("score") ? null : 1;
  const index = backboneStages.findIndex((pattern) => pattern.test(layer));
  return index < 0 ? null : index + 1;
}

/** Number of the stages of a network's backbone. */
export function stageCount({ backboneStages }: Pick<NetworkEntry, "backboneStages">): number {
  return backboneStages?.length ?? 1;
}

/** Whether a layer of a network keeps its weights. */
export function isFrozen(network: NetworkEntry, layer: string, freeze: Freeze): boolean {
  const stage = backboneStage(network, layer);
  if (freeze === "none" || stage === null) return false;
  return freeze === "backbone" || stage <= freeze;
}

/**
 * Names of the layers of a network that keep their weights; their batch norm then normalises by the
 * moving statistics, which stay as they are, in training too.
 *
 * @throws {RangeError} If the network is none of the registry's, and something is to be frozen.
 */
export function freezeLayers(model: SegmentationModel, freeze: Freeze): ReadonlySet<string> {
  if (freeze === "none") return new Set();
  const entry = networks.find(model.architecture?.name ?? "");
  if (entry === undefined) {
    throw new RangeError(
      `Cannot freeze ${JSON.stringify(freeze)} of "${model.name}": it is no network of the ` +
        "registry, so that its backbone is unknown; set model.freeze to none",
    );
  }
  const frozen = model.layers.layers.filter(({ name }) => isFrozen(entry, name, freeze));
  for (const layer of frozen) if (layer instanceof BatchNormalization) layer.isFrozen = true;
  return new Set(frozen.map(({ name }) => name));
}
