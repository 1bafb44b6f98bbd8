import type { Config } from "../config/config.ts";
import { defaultConfig, resultKeys, valueAt } from "../config/schema.ts";
import { temperaturesOf } from "../losses/temperatures.ts";
import { sha256 } from "../util/hash.ts";

/**
 * A name for what a configuration computes, seed aside: two configurations with the same name train
 * bit-identically. Left out is what does not affect the weights, such as the whole section of a
 * discriminator that is not built. Defaults are left out too, so that a key that a later version
 * adds changes no name.
 */
export function configFingerprint(config: Config): string {
  const [plain, defaults] = [withoutIdleKeys(config), withoutIdleKeys(defaultConfig())];
  const changed = resultKeys().filter((key) => key !== "seed")
    .map((key) => [key, JSON.stringify(valueAt(plain, key))] as const)
    .filter(([key, value]) => value !== JSON.stringify(valueAt(defaults, key)))
    .sort(([a], [b]) => a < b ? -1 : 1);
  return sha256([new TextEncoder().encode(JSON.stringify(changed))]).slice(0, 10);
}

/** The configuration with one value for all that have the same effect. */
function withoutIdleKeys(config: Config): Config {
  const loss = { ...config.loss, temperature: temperaturesOf(config).seg };
  if (config.adversarial.enabled) return { ...config, loss };
  return { ...config, loss, adversarial: { ...defaultConfig().adversarial, enabled: false } };
}
