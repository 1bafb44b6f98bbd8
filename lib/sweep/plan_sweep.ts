/**
 * From a grid to numbered trials, each with a fingerprint of what its configuration computes.
 *
 * @module
 */
import { isAbsolute, join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config_error.ts";
import { loadConfig } from "../config/load.ts";
import { configToYaml } from "../config/yaml.ts";
import type {
  Grid,
  GridTrial,
  Published,
  PublishedCost,
  ScoredValidation,
  Setting,
} from "./grid.ts";
import { defaultConfig, resultKeys, valueAt } from "../config/schema.ts";
import { temperaturesOf } from "../losses/temperatures.ts";
import { sha256 } from "../util/hash.ts";

/** One row of a sweep's table: a configuration that is run once a seed. */
export interface Condition {
  /** Made from what the configuration computes: equal in every sweep that has it. */
  id: string;
  name: string;
  isBaseline: boolean;
  /** What it changes, for readers. */
  settings: Record<string, unknown>;
  published: Published | null;
  /** Absent where nothing was published of it. */
  publishedCost?: PublishedCost;
}

/** One run of a sweep. */
export interface Trial {
  /** Place in the sweep, from 0. */
  index: number;
  /** Name of its folder and its result. */
  id: string;
  condition: string;
  seed: number;
}

/** A sweep ready to be run. */
export interface SweepPlan {
  name: string;
  score: ScoredValidation;
  seeds: number[];
  conditions: Condition[];
  trials: Trial[];
}

/** A plan with the whole configuration of each trial. */
export interface PlannedSweep {
  plan: SweepPlan;
  /** In the order of `plan.trials`. */
  configs: Config[];
}

/**
 * Resolves every trial's configuration: base, then what the trial sets. A baseline that means the
 * same as a trial is that trial, and is run once.
 *
 * @param options `folder` is what a relative `config` starts from; the current folder if left out.
 * @throws {ConfigError} If a key or value is wrong, an axis is empty, or two trials mean the same;
 * with file, line and column.
 * @example
 * ```ts
 * import { parseGrid, planSweep } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * const grid = parseGrid(
 *   "preset: fixtures\nseeds: 3\naxes: { adversarial.tg: [0.5, 2] }\n" +
 *     "baseline: { adversarial.enabled: false }\n",
 *   "grid.yaml",
 * );
 * const { plan } = await planSweep(grid);
 * assert.deepEqual(plan.conditions.map(({ name }) => name), ["enabled=false", "tg=0.5", "tg=2"]);
 * assert.equal(plan.trials.length, 9);
 * ```
 */
export async function planSweep(
  grid: Grid,
  options: { folder?: string } = {},
): Promise<PlannedSweep> {
  const base = await baseConfig(grid, options.folder ?? ".");
  const trials = [...product(grid), ...grid.trials];
  const listed = grid.baseline === null ? trials : [grid.baseline, ...trials];
  const conditions = new Map<
    string,
    { condition: Condition; config: Config; where: string | null }
  >();
  for (const trial of listed) {
    const isBaseline = trial === grid.baseline;
    const config = await trialConfig(base, trial.settings);
    const id = configFingerprint(config);
    const same = conditions.get(id);
    if (same !== undefined && !same.condition.isBaseline) {
      throw new ConfigError([{
        key: "",
        where: trial.where,
        message: `${nameOf(trial, grid)} means the same as ${same.condition.name}` +
          `${same.where === null ? "" : ` (${same.where})`}: remove one of them`,
      }]);
    }
    if (same !== undefined) continue; // the baseline, listed as a trial too
    const { published = null, publishedCost } = trial;
    const settings = Object.fromEntries(trial.settings.map(({ key, value }) => [key, value]));
    const cost = publishedCost === undefined ? {} : { publishedCost };
    const condition = { id, name: nameOf(trial, grid), isBaseline, settings, published, ...cost };
    conditions.set(id, { condition, config, where: trial.where });
  }
  const runs = [...conditions.values()].flatMap(({ condition, config }) =>
    grid.seeds.map((seed) => ({
      id: `${condition.id}-s${seed}`,
      condition: condition.id,
      seed,
      config,
    }))
  );
  return {
    plan: {
      name: grid.name,
      score: grid.score,
      seeds: grid.seeds,
      conditions: [...conditions.values()].map(({ condition }) => condition),
      trials: runs.map(({ id, condition, seed }, index) => ({ index, id, condition, seed })),
    },
    configs: runs.map(({ config, seed }) => ({ ...config, seed })),
  };
}

async function baseConfig(grid: Grid, folder: string): Promise<Config> {
  const path = grid.config === null ? undefined : join(folder, grid.config);
  return await placed(grid.set, (overrides) =>
    loadConfig({
      ...(grid.preset === null ? {} : { preset: grid.preset }),
      ...(path === undefined ? {} : { path: isAbsolute(grid.config!) ? grid.config! : path }),
      overrides,
    }));
}

async function trialConfig(base: Config, settings: Setting[]): Promise<Config> {
  const config = await placed(settings, (overrides) => {
    // As a file, the base gives way to what the trial sets
    return loadConfig({ yaml: configToYaml(base), path: "base", overrides });
  });
  // Workers may start in another folder
  if (config.data.dir !== null) config.data.dir = resolve(config.data.dir);
  if (config.model.init !== "random") config.model.init = resolve(config.model.init);
  return config;
}

/** Loads with settings, and tells where in the grid a wrong one stands. */
async function placed(
  settings: Setting[],
  load: (overrides: Record<string, unknown>) => Promise<Config>,
): Promise<Config> {
  const seed = settings.find(({ key }) => key === "seed");
  if (seed !== undefined) {
    throw new ConfigError([{
      key: "seed",
      where: seed.where,
      message: "a trial is run with every seed: list them under seeds",
    }]);
  }
  try {
    return await load(Object.fromEntries(settings.map(({ key, value }) => [key, value])));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.issues.map((issue) => ({
      ...issue,
      where: placeOf(issue.key, settings) ?? issue.where,
    })));
  }
}

/** Where the setting of a key, or of the nearest one, stands. */
function placeOf(key: string, settings: Setting[]): string | null {
  const touches = (setting: Setting): boolean => {
    const [a, b] = [key, setting.key].map((name) => name.replace(/\[.*$/, ""));
    return a === b || a!.startsWith(`${b}.`) || b!.startsWith(`${a}.`);
  };
  return settings.find(touches)?.where ?? settings.at(-1)?.where ?? null;
}

/** Every combination of the axes' values; the last axis turns fastest. */
function product({ axes }: Grid): GridTrial[] {
  if (axes.length === 0) return [];
  let combinations: Setting[][] = [[]];
  for (const { key, values } of axes) {
    combinations = combinations.flatMap((before) =>
      values.map(({ value, where }) => [...before, { key, value, where }])
    );
  }
  return combinations.map((settings) => ({ settings, where: settings.at(-1)!.where }));
}

/** The trial's own name, or `tg=0.5, td=1` with whole keys where short ones would be confused. */
function nameOf({ name, settings }: GridTrial, grid: Grid): string {
  if (name !== undefined) return name;
  if (settings.length === 0) return "base";
  const keys = new Set([
    ...grid.axes.map(({ key }) => key),
    ...[...grid.trials, ...(grid.baseline === null ? [] : [grid.baseline])]
      .flatMap((trial) => trial.settings.map(({ key }) => key)),
  ]);
  const lastOf = (key: string): string => key.slice(key.lastIndexOf(".") + 1);
  const isUnique = (key: string): boolean =>
    [...keys].filter((other) => lastOf(other) === lastOf(key)).length === 1;
  return settings
    .map(({ key, value }) => `${isUnique(key) ? lastOf(key) : key}=${show(value)}`)
    .join(", ");
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

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
