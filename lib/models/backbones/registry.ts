/**
 * The backbones by name; each is paired with every decoder that it fits.
 *
 * @module
 */
import { Registry } from "../../util/registry.ts";
import type { BackboneEntry } from "./backbone_entry.ts";
import { mixTransformerBackbones } from "./mix_transformer.ts";
import { mobilenetV2 } from "./mobilenet_v2.ts";
import { mobilenetV3Backbones } from "./mobilenet_v3.ts";
import { resnetBackbones } from "./resnet.ts";

/** All backbones, in the order in which they are listed. */
export const backbones: Registry<BackboneEntry> = new Registry("backbone", [
  ...resnetBackbones,
  mobilenetV2,
  ...mobilenetV3Backbones,
  ...mixTransformerBackbones,
]);
