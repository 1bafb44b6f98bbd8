import type { Config } from "./config.ts";
import type { PresetFacts } from "./preset_facts.ts";
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
  /** Values that depend on the images and the machine; `null` where none does. */
  fit: ((facts: PresetFacts) => FittedValues) | null;
}

/** Values of a preset that follow from {@linkcode PresetFacts}. */
export interface FittedValues {
  config: PartialConfig;
  /** What they are and why, in one line. */
  reason: string;
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
  preset: Pick<Preset, "name" | "summary"> & Partial<Pick<Preset, "needs" | "fit">> & {
    config: PartialConfig;
  },
): Preset {
  const { name, summary, needs = null, fit = null } = preset;
  return { name, summary, needs, config: deepFreeze(configSchema().parse(preset.config)), fit };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
