/**
 * Which temperature each loss is taken at: the one place that decides it.
 *
 * @module
 */
import type { AdversarialConfig } from "./adversarial/adversarial_config.ts";
import type { LossConfig } from "./segmentation/loss_config.ts";

/** Temperatures of one step. */
export interface Temperatures {
  /** Of L_seg. */
  seg: number;
  /** T_g, of L_G. */
  tg: number;
  /** T_d, of L_D. */
  td: number;
}

/**
 * T of each loss (method.md, "Temperatures"): L_seg follows T_g unless it has its own; without a
 * discriminator there is no T_g to follow.
 *
 * @example
 * ```ts
 * import { temperaturesOf } from "@segadv/segadv/losses";
 * import assert from "node:assert/strict";
 *
 * const loss = { temperature: null };
 * assert.equal(temperaturesOf({ loss, adversarial: { enabled: true, tg: 0.5, td: 1 } }).seg, 0.5);
 * assert.equal(temperaturesOf({ loss, adversarial: { enabled: false, tg: 0.5, td: 1 } }).seg, 1);
 * ```
 */
export function temperaturesOf(
  config: {
    loss: Pick<LossConfig, "temperature">;
    adversarial: Pick<AdversarialConfig, "enabled" | "tg" | "td">;
  },
): Temperatures {
  const { loss, adversarial: { enabled, tg, td } } = config;
  return { seg: loss.temperature ?? (enabled ? tg : 1), tg, td };
}
