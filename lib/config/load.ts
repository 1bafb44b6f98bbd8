/**
 * Where a run's configuration comes from: a preset, a YAML file over it, single values over both.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import type { Config } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { presets } from "./presets.ts";
import { unknownName } from "../util/describe_issue.ts";
import { keyOf, type Layer, merge, overridesLayer, ownerOf, plainLayer } from "./layers.ts";
import { checkConfig } from "./check.ts";
import { type YamlLayer, yamlLayer } from "./yaml.ts";

/** Sources of a configuration, from the weakest to the strongest. */
export interface LoadConfigOptions {
  /** Name of the preset to start from; a YAML file may name one as `preset: NAME` itself. */
  preset?: string | undefined;
  /** A YAML file, or with `yaml` the name that error messages give to that text. */
  path?: string | undefined;
  /** YAML text in place of a file's. */
  yaml?: string | undefined;
  /** Single values: `["optimizer.lr=0.01"]`, or `{ "optimizer.lr": 0.01 }`, or nested sections. */
  overrides?: Readonly<Record<string, unknown>> | readonly string[] | undefined;
}

/**
 * Makes a whole configuration: defaults, then the preset, the file and the overrides, each over
 * the one before, checked as {@linkcode validateConfig} does.
 *
 * A source that names another network, optimiser, schedule, loss or discriminator than a weaker one
 * drops that one's own options.
 *
 * @throws {ConfigError} If a source cannot be read or a value is wrong; each line of the message
 * names file, line, column and key.
 * @example
 * ```ts
 * import { loadConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const config = await loadConfig({
 *   preset: "fixtures",
 *   yaml: "train:\n  epochs: 3\n",
 *   overrides: ["adversarial.tg=2"],
 * });
 * assert.equal(config.train.epochs, 3);
 * assert.equal(config.adversarial.tg, 2);
 *
 * const typo = loadConfig({ path: "run.yaml", yaml: "preset: fixtures\ntrain:\n  epohcs: 3\n" });
 * await assert.rejects(typo, {
 *   message: "run.yaml:3:3 train.epohcs: unknown key; did you mean train.epochs?",
 * });
 * ```
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<Config> {
  const file = await fileLayer(options);
  const preset = presetLayer(options, file);
  const layers = [
    ...(preset === null ? [] : [preset]),
    ...(file === null ? [] : [file]),
    ...(options.overrides === undefined ? [] : [overridesLayer(options.overrides)]),
  ];
  let merged: Record<string, unknown> = {};
  for (const { tree } of layers) merged = merge(merged, tree);
  const { config, issues } = checkConfig(merged);
  if (config !== null && issues.length === 0) return config;
  throw new ConfigError(issues.map(({ path, message, at }) => ({
    key: keyOf(path),
    message,
    where: layers[ownerOf(layers, path)]?.where(path, at) ?? null,
  })));
}

/** A configuration has a few kB. */
const MAX_BYTES = 2 ** 22;

async function fileLayer({ path, yaml }: LoadConfigOptions): Promise<YamlLayer | null> {
  if (yaml !== undefined) return yamlLayer(yaml, path ?? "yaml");
  if (path === undefined) return null;
  try {
    const found = await stat(path);
    // Before a byte is read: a device or a pipe never ends
    if (!found.isFile() && !found.isDirectory()) throw new TypeError("it is a device or a pipe");
    if (found.size > MAX_BYTES) throw new RangeError(`it has ${found.size} bytes`);
    return yamlLayer(await readFile(path, "utf8"), path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([{ key: "", where: path, message: unreadable(path, error) }]);
  }
}

function unreadable(path: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const hint = presets.has(path) ? `; for the preset use --preset ${path}` : "";
  if (code === "ENOENT") return `there is no such config file${hint}`;
  if (code === "EISDIR") return `expected a YAML file, got a folder${hint}`;
  return `cannot read the config file: ${code ?? (error as Error).message}`;
}

function presetLayer({ preset }: LoadConfigOptions, file: YamlLayer | null): Layer | null {
  const name = preset ?? file?.preset ?? null;
  if (name === null) return null;
  const found = presets.get(name);
  if (found !== undefined) return plainLayer(found.config);
  const where = preset === undefined ? file?.where(["preset"], "value") ?? null : null;
  throw new ConfigError([{ key: "preset", where, message: unknownName(name, presets.keys()) }]);
}
