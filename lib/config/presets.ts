/**
 * Configurations by name: one to try things out, three for a folder of one's own, two for
 * CamVid on a CPU, and the thesis' four.
 *
 * @module
 */
import type { Preset } from "./define_preset.ts";
import { camvidResnet50, camvidSmall } from "./presets/camvid.ts";
import { fixtures } from "./presets/fixtures.ts";
import { accurate, balanced, mobile } from "./presets/folder.ts";
import {
  thesisFcn8sCityscapes,
  thesisFcn8sVoc,
  thesisResnet50Cityscapes,
  thesisResnet50Voc,
} from "./presets/thesis.ts";

export type { Preset } from "./define_preset.ts";

/**
 * Every preset by name.
 *
 * @example
 * ```ts
 * import { presets } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const thesis = presets.get("thesis-fcn8s-voc")!;
 * assert.equal(thesis.config.adversarial.discriminator.lr, 1e-7);
 * ```
 */
export const presets: ReadonlyMap<string, Preset> = new Map(
  [
    fixtures,
    mobile,
    balanced,
    accurate,
    camvidSmall,
    camvidResnet50,
    thesisFcn8sVoc,
    thesisFcn8sCityscapes,
    thesisResnet50Voc,
    thesisResnet50Cityscapes,
  ].map((preset) => [preset.name, preset]),
);
