/**
 * Where a run's configuration comes from: a preset, a YAML file over it, single values over both.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import type { Config } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { gatherFacts } from "./preset_facts.ts";
import { presets } from "./presets.ts";
import { composeConfig, type ConfigSources, findPreset } from "./compose.ts";
import { datasetRule } from "./dataset_rule.ts";
import { type YamlLayer, yamlLayer } from "./yaml.ts";

/** Sources of a configuration, from the weakest to the strongest. */
export interface LoadConfigOptions extends ConfigSources {
  /** A YAML file, or with `yaml` the name that error messages give to that text. */
  path?: string | undefined;
  /** YAML text in place of a file's. */
  yaml?: string | undefined;
  /** Receives one line that says what a preset took from the images and the machine, and why. */
  onNotice?: ((notice: string) => void) | undefined;
}

/**
 * Makes a whole configuration: defaults, then the preset, the file and the overrides, each over
 * the one before, checked as {@linkcode validateConfig} does.
 *
 * Where a preset is fitted to images and machine ({@linkcode Preset.fit}), the data is opened, and the
 * fitted values lie between the preset and the file.
 *
 * A source that names another network, optimiser, schedule, loss or discriminator than a weaker one
 * drops that one's own options.
 *
 * @throws {ConfigError} If a source cannot be read or a value is wrong; each line of the message
 * names file, line, column and key.
 * @throws {Error} If a preset is fitted to data that cannot be opened; the message says what to change.
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
  const sources = { ...options, file: await fileLayer(options) };
  const config = composeConfig(sources, [datasetRule]);
  const preset = findPreset(sources);
  if (preset?.fit == null) return config;
  const { config: fitted, reason } = preset.fit(await gatherFacts(config));
  options.onNotice?.(`preset ${preset.name}: ${reason}`);
  return composeConfig({ ...sources, fitted }, [datasetRule]);
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
