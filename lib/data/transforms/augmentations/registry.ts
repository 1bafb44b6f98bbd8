/**
 * The augmentations by name.
 *
 * @module
 */
import { Registry } from "../../../util/registry.ts";
import { affine } from "./affine.ts";
import type { Augmentation } from "./augmentation.ts";

/** Every augmentation that `data.augment` can name; a new one is a file beside this and a line here. */
export const augmentations: Registry<Augmentation> = new Registry("augmentation", [affine]);
