/**
 * The schema of {@linkcode Config}: types, ranges, defaults and one sentence a field. Names of
 * data sets, networks and games are open; {@linkcode validateConfig} checks them.
 *
 * @module
 */
import { z } from "zod";
import type { Config } from "./config.ts";
import { dataSchema } from "./data_schema.ts";
import { field, section, whole } from "../util/schema.ts";
import { discriminatorSchema, generatorSchema, modelSchema } from "./network_schema.ts";
import {
  adversarialSchema,
  checkpointSchema,
  trainSchema,
  validationSchema,
} from "./run_schema.ts";

/** What `backend` can name. */
export const backendChoices: readonly Config["backend"][] = ["auto", "webgpu", "wasm", "cpu"];

/**
 * Parses a partial configuration into a whole one: unknown keys are refused, absent ones take
 * their defaults, which are the thesis' where it gives a number.
 *
 * @example Defaults
 * ```ts
 * import { configSchema } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const config = configSchema.parse({ adversarial: { tg: 2 } });
 * assert.equal(config.adversarial.tg, 2);
 * assert.equal(config.generator.lr, 5e-3);
 * ```
 */
export const configSchema: z.ZodType<Config> = section("Configuration of one training run.", {
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
  }),
  deterministic: field(z.boolean(), {
    fallback: true,
    about:
      "The same bits on every machine; false: WASM takes fused multiply-add where it is there.",
  }),
  data: dataSchema,
  model: modelSchema,
  generator: generatorSchema,
  discriminator: discriminatorSchema,
  adversarial: adversarialSchema,
  train: trainSchema,
  validation: validationSchema,
  checkpoint: checkpointSchema,
});
