/**
 * The segmentation networks by name: one entry feeds the configuration's schema, the command line,
 * the help and the documentation.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema, type OptionValue, parseOptions, Registry } from "../../util/registry.ts";
import { field, keysOf, positive, whole } from "../../util/schema.ts";
import type { ArchitectureOptions, UpsampleOrder } from "../segmentation_model.ts";
import { fastScnn } from "./fast_scnn.ts";
import { fcnNetworks } from "./fcn.ts";
import type { NetworkEntry } from "./network_entry.ts";
import { backbones } from "../backbones/registry.ts";
import { decoders } from "../decoders/registry.ts";
import { fits, pairNetwork } from "./pair.ts";
import { resnetNetworks } from "./resnet.ts";
import { unet } from "./unet.ts";

/** All segmentation networks, in the order in which they are listed. */
export const networks: Registry<NetworkEntry> = new Registry("network", [
  ...fcnNetworks,
  ...resnetNetworks,
  unet,
  fastScnn,
  ...[...decoders].flatMap((decoder) =>
    [...backbones].filter((backbone) => fits(decoder, backbone))
      .map((backbone) => pairNetwork(decoder, backbone))
  ),
]);

/** Options of a network by name, such as the section `model`; those left out take their defaults. */
export interface NetworkInput {
  name: string;
  /** @default 1 */
  width?: number;
  /** @default "auto" */
  upsampleOrder?: UpsampleOrder | "auto";
  /** Channels of the images (`data.channels`). @default 3 */
  inputChannels?: number;
  readonly [option: string]: OptionValue | undefined;
}

/** Options of a network and the number of its classes. */
export interface ArchitectureInput extends NetworkInput {
  classes: number;
}

/** Options of every network and discriminator, beside its own. */
export const commonOptions: z.ZodObject<
  { width: z.ZodType<number>; classes: z.ZodInt },
  z.core.$strict
> = optionsSchema({
  width: field(positive.max(8), { fallback: 1, about: "Multiplier of every channel count." }),
  classes: whole(2).max(255),
});
/** Keys of the section `model` and of the network that no entry owns. */
const SHARED = [
  ...["name", "upsampleOrder", "init", "initStrict", "followInit", "freeze", "inputChannels"],
  ...keysOf(commonOptions),
];

/**
 * The architecture that some options describe: defaults filled in, `upsampleOrder: auto` resolved.
 *
 * @throws {RangeError} If no network has the name, or an option is unknown or out of range; names
 * the options that the network takes.
 */
export function parseArchitecture(given: ArchitectureInput): ArchitectureOptions {
  const entry = networks.get(given.name);
  const { name, upsampleOrder = "auto", width, classes, inputChannels = 3 } = given;
  const common = parseOptions(commonOptions, { width, classes }, { name });
  const options = parseOptions(entry.options, given, { name, shared: SHARED });
  return {
    name,
    width: common.width,
    upsampleOrder: upsampleOrder === "auto" ? entry.upsampleOrder : upsampleOrder,
    ...options as Record<string, OptionValue>,
    classes: common.classes,
    ...(inputChannels !== 3 && { inputChannels }),
  };
}
