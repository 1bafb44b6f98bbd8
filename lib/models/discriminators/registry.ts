/**
 * The discriminators by name.
 *
 * @module
 */
import { type OptionValue, parseOptions, Registry } from "../../util/registry.ts";
import { commonOptions } from "../networks/registry.ts";
import { dcgan } from "./dcgan.ts";
import type { DiscriminatorArchitecture, DiscriminatorEntry } from "./discriminator_entry.ts";

/** All discriminators, in the order in which they are listed. */
export const discriminators: Registry<DiscriminatorEntry> = new Registry("discriminator", [dcgan]);

/** Keys of the section `adversarial.discriminator` and of the network that no entry owns. */
const SHARED = ["name", "width", "classes", "lr", "beta1", "beta2", "eps"];

/** Options of a discriminator by name; those left out take their defaults. */
export interface DiscriminatorInput {
  /** @default "dcgan" */
  name?: string;
  /** @default 1 */
  width?: number;
  readonly [option: string]: OptionValue | undefined;
}

/**
 * The discriminator that some options describe, with defaults filled in.
 *
 * @throws {RangeError} If no discriminator has the name, or an option is unknown or out of range;
 * names the options that it takes.
 */
export function parseDiscriminator(
  given: DiscriminatorInput & { classes: number },
): DiscriminatorArchitecture {
  const { name = "dcgan", width, classes } = given;
  const entry = discriminators.get(name);
  const common = parseOptions(commonOptions, { width, classes }, { name });
  const options = parseOptions(entry.options, given, { name, shared: SHARED });
  return { ...options as Record<string, OptionValue>, name, ...common };
}
