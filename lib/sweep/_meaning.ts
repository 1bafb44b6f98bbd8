import type { Config } from "../config/config.ts";
import { sha256 } from "../runtime/hash.ts";

/**
 * A name for what a configuration computes, seed aside: two configurations with the same name train
 * to the same bits. What only says how fast, how often to log or save, or what an absent
 * discriminator would do, is left out.
 */
export function meaningOf(config: Config): string {
  const { seed: _seed, threads: _threads, checkpoint: _checkpoint, ...rest } = config;
  const { logEvery: _logEvery, ...train } = rest.train;
  const { cacheMiB: _cacheMiB, workers: _workers, prefetch: _prefetch, ...data } = rest.data;
  const { adversarial, discriminator, generator } = rest;
  const isTempered = adversarial.mode === "temperature";
  const tg = isTempered ? adversarial.tg : 1;
  const td = isTempered ? adversarial.td : 1;
  const { mode, ...game } = adversarial;
  const opponent = mode === "baseline" ? null : { ...game, tg, td, discriminator };
  const player = { ...generator, segTemperature: generator.segTemperature ?? tg };
  const meaning = {
    ...rest,
    train,
    data,
    generator: player,
    adversarial: opponent,
    discriminator: null,
  };
  return sha256([new TextEncoder().encode(JSON.stringify(sorted(meaning)))]).slice(0, 10);
}

/** The same value with the keys of every section in alphabetical order. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}
