/**
 * The adversarial losses by name: feeds the config schema, the command line and the help.
 *
 * @module
 */
import type { AdversarialLoss } from "./adversarial_loss.ts";
import { bce } from "./bce.ts";
import { lsgan } from "./lsgan.ts";

/** Every adversarial loss that `adversarial.game` can name. */
export const adversarialLosses: ReadonlyMap<string, AdversarialLoss> = new Map(
  [lsgan, bce].map((game) => [game.name, game]),
);
