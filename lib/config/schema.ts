/**
 * The whole configuration, composed of the sections that the modules own.
 *
 * @module
 */
import { z } from "zod";
import { dataSection } from "../data/data_config.ts";
import { adversarialSection } from "../losses/adversarial/adversarial_config.ts";
import { lossSection } from "../losses/segmentation/loss_config.ts";
import { inferenceSection } from "../models/inference/inference_options.ts";
import { modelSection } from "../models/model_config.ts";
import { optimizerSection } from "../optim/optimizer_config.ts";
import { scheduleSection } from "../optim/schedule_config.ts";
import { field, whole } from "../util/schema.ts";
import {
  neutralKeys,
  section,
  sectionKeys,
  sectionSchema,
  type SectionSpec,
} from "../util/section.ts";
import type { Config } from "./config.ts";
import { checkpointSection, trainSection, validationSection } from "./run_config.ts";

/** What `backend` can name. */
export const backendChoices: readonly Config["backend"][] = ["auto", "webgpu", "wasm", "cpu"];

/** All keys. */
export const configSection: SectionSpec = section<Config>("Configuration of one training run.", {
  seed: field(whole(0).max(2 ** 32 - 1), {
    fallback: 0,
    about: "Seed of initialisation, order, augmentation and dropout.",
  }),
  backend: field(z.enum(backendChoices), {
    fallback: "auto",
    about: "auto: a real WebGPU adapter if there is one, else WASM.",
  }),
  threads: field(whole(0).max(256), {
    fallback: 0,
    about: "WASM threads; 0: one per core.",
    affectsResult: false,
  }),
  deterministic: field(z.boolean(), {
    fallback: true,
    about: "Bit-identical on every machine; false: WASM takes fused multiply-add where it exists.",
  }),
  data: dataSection,
  model: modelSection,
  loss: lossSection,
  optimizer: optimizerSection,
  schedule: scheduleSection,
  adversarial: adversarialSection,
  train: trainSection,
  inference: inferenceSection,
  validation: validationSection,
  checkpoint: checkpointSection,
});

/**
 * The schema of a configuration as the registries are now: built anew, because they are open.
 *
 * @example
 * ```ts
 * import { configSchema } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const config = configSchema().parse({ adversarial: { tg: 2 } });
 * assert.equal(config.adversarial.tg, 2);
 * assert.equal(config.optimizer.lr, 5e-3);
 * ```
 */
export function configSchema(): z.ZodType<Config> {
  return sectionSchema(configSection) as z.ZodType<Config>;
}

/**
 * All defaults: the thesis' values where it gives one (Table 4-1), a fresh copy each time. It names
 * no data yet.
 *
 * @example
 * ```ts
 * import { defaultConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(defaultConfig().data.crop, [416, 416]);
 * ```
 */
export function defaultConfig(): Config {
  return configSchema().parse({});
}

/**
 * Every key of a configuration by its dotted name, in the schema's order; a key that only some
 * networks, optimisers … take is among them, and a list is one key.
 *
 * @example
 * ```ts
 * import { configKeys } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.ok(configKeys().includes("adversarial.tg"));
 * assert.ok(configKeys().includes("model.skipScales"));
 * ```
 */
export function configKeys(): string[] {
  return sectionKeys(configSection);
}

/**
 * The keys that affect the result: all but those that only change speed, memory, logging or what is
 * saved. Two configurations that agree in these train bit-identically on one backend build.
 */
export function resultKeys(): string[] {
  const neutral = new Set(neutralKeys(configSection));
  return configKeys().filter((key) => !neutral.has(key));
}

/** Value of a configuration at a dotted key; `undefined` where the entry it names has none. */
export function valueAt(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const name of key.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}
