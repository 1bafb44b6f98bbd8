import type { Config } from "./config.ts";
import { configSchema } from "./schema.ts";

/** A named configuration. */
export interface Preset {
  name: string;
  /** One line for listings. */
  summary: string;
  /** What the user has to bring, in one line; `null` where nothing is missing. */
  needs: string | null;
  /** All values; frozen. {@linkcode loadConfig} makes a copy that can be changed. */
  config: Readonly<Config>;
}

/** Any part of the configuration. */
export type PartialConfig = { [Name in keyof Config]?: PartialSection<Config[Name]> };

/** Any part of a section; where it takes options of an entry, those are checked by the schema. */
type PartialSection<T> = T extends readonly unknown[] ? T
  : T extends object ?
      & { [Name in keyof T as string extends Name ? never : Name]?: PartialSection<T[Name]> }
      & (string extends keyof T ? { [option: string]: unknown } : unknown)
  : T;

/** Fills a part of the configuration with the defaults. */
export function definePreset(
  preset: { name: string; summary: string; needs?: string; config: PartialConfig },
): Preset {
  const { name, summary, needs = null } = preset;
  return { name, summary, needs, config: deepFreeze(configSchema().parse(preset.config)) };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
