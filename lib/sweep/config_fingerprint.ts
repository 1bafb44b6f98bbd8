import type { Config } from "../config/config.ts";
import { configKeys } from "../config/config_keys.ts";
import { defaultConfig } from "../config/default_config.ts";
import { sha256 } from "../util/hash.ts";

/** Keys, and sections, that say how fast, how often to log or save, or what a sweep varies itself. */
const SILENT = [
  "seed",
  "threads",
  "checkpoint",
  "train.logEvery",
  "train.gradientCheckpointing",
  "data.cacheMiB",
  "data.workers",
  "data.prefetch",
];

/**
 * A name for what a configuration computes, seed aside: two configurations with the same name train
 * to the same bits. Left out is what does not touch the weights, and what an absent discriminator
 * would do. Defaults are left out too, so that a key that a later version adds changes no name.
 */
export function configFingerprint(config: Config): string {
  const plain = withoutIdleKeys(config);
  const defaults = withoutIdleKeys(defaultConfig());
  const told = configKeys().filter((key) =>
    !SILENT.some((silent) => key === silent || key.startsWith(`${silent}.`))
  ).map((key) => [key, JSON.stringify(valueOf(plain, key))] as const)
    .filter(([key, value]) => value !== JSON.stringify(valueOf(defaults, key)))
    .sort(([a], [b]) => a < b ? -1 : 1);
  return sha256([new TextEncoder().encode(JSON.stringify(told))]).slice(0, 10);
}

/** The configuration with one value for all that comes to the same. */
function withoutIdleKeys(config: Config): Config {
  const { mode } = config.adversarial;
  const isTempered = mode === "temperature";
  const tg = isTempered ? config.adversarial.tg : 1;
  const td = isTempered ? config.adversarial.td : 1;
  const generator = {
    ...config.generator,
    segTemperature: config.generator.segTemperature ?? tg,
  };
  if (mode !== "baseline") {
    return {
      ...config,
      generator,
      adversarial: { ...config.adversarial, mode: "temperature", tg, td },
    };
  }
  const { adversarial, discriminator } = defaultConfig();
  return { ...config, generator, discriminator, adversarial: { ...adversarial, mode } };
}

function valueOf(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const name of key.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}
