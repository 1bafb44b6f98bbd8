/**
 * Reads a sweep from YAML.
 *
 * @module
 */
import { isSeq } from "yaml";
import { type Entry, GridDocument } from "./grid_document.ts";
import type { Grid, GridAxis, GridTrial, ScoredValidation } from "./grid.ts";

const KEYS = [
  "name",
  "preset",
  "config",
  "set",
  "seeds",
  "axes",
  "trials",
  "baseline",
  "score",
] as const;

const SCORES: readonly ScoredValidation[] = ["last", "best"];

/**
 * Parses the text of a grid. Keys of the configuration may be dotted or nested; whether they exist
 * is `planSweep`'s to say.
 *
 * @param label The file's name in messages.
 * @throws {ConfigError} With `file:line:column` of the first fault.
 * @example
 * ```ts
 * import { parseGrid } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * const text = "preset: fixtures\nseeds: 2\naxes:\n  adversarial.tg: [0.5, 2]\n";
 * const grid = parseGrid(text, "grid.yaml");
 * assert.deepEqual(grid.seeds, [1, 2]);
 * assert.throws(() => parseGrid("axes:\n  adversarial.tg: []\n", "grid.yaml"), {
 *   message: "grid.yaml:2:19: adversarial.tg is empty: give it at least one value",
 * });
 * ```
 */
export function parseGrid(text: string, label: string): Grid {
  const document = new GridDocument(text, label);
  const entries = new Map(document.entries(KEYS).map((entry) => [entry.key, entry]));
  const read = <T>(key: typeof KEYS[number], fallback: T, parse: (entry: Entry) => T): T => {
    const entry = entries.get(key);
    return entry === undefined ? fallback : parse(entry);
  };
  const words = (entry: Entry): string => textOf(document, entry);
  const grid: Grid = {
    name: read("name", label.replace(/^.*[/\\]/, "").replace(/\.ya?ml$/i, ""), words),
    preset: read<string | null>("preset", null, words),
    config: read<string | null>("config", null, words),
    set: read("set", [], ({ node, valueWhere }) => document.settings(node, valueWhere)),
    seeds: read("seeds", [1], (entry) => seedsOf(document, entry)),
    axes: read("axes", [], (entry) => axesOf(document, entry)),
    trials: read(
      "trials",
      [],
      (entry) => document.items(entry).map((node) => trialOf(document, node)),
    ),
    baseline: read<GridTrial | null>("baseline", null, ({ node }) => trialOf(document, node)),
    score: read<ScoredValidation>("score", "last", (entry) => scoreOf(document, entry)),
  };
  if (grid.axes.length === 0 && grid.trials.length === 0 && grid.baseline === null) {
    throw document.fault("nothing to run: give axes, trials or a baseline", label);
  }
  return grid;
}

function textOf(document: GridDocument, { key, node, valueWhere }: Entry): string {
  const value = document.value(node);
  if (typeof value === "string" && value !== "") return value;
  throw document.fault(`expected a text for ${key}, got ${JSON.stringify(value)}`, valueWhere);
}

function scoreOf(document: GridDocument, entry: Entry): ScoredValidation {
  const value = document.value(entry.node);
  const score = SCORES.find((known) => known === value);
  if (score !== undefined) return score;
  throw document.fault(
    `expected last or best for score, got ${JSON.stringify(value)}`,
    entry.valueWhere,
  );
}

/** `3` means 1, 2, 3. */
function seedsOf(document: GridDocument, entry: Entry): number[] {
  const value = document.value(entry.node);
  if (isWhole(value) && value >= 1 && value <= 1000) {
    return Array.from({ length: value }, (_, i) => i + 1);
  }
  const items = isSeq(entry.node) ? document.items(entry) : [];
  const seeds = items.map((item) => document.value(item));
  seeds.forEach((seed, i) => {
    const place = document.whereOf(items[i]);
    if (!isWhole(seed)) {
      throw document.fault(`expected a whole number as seed, got ${JSON.stringify(seed)}`, place);
    }
    if (seeds.indexOf(seed) < i) throw document.fault(`seed ${seed} is listed twice`, place);
  });
  if (seeds.length > 0) return seeds as number[];
  const message = `expected a number of seeds or a list, got ${JSON.stringify(value)}`;
  throw document.fault(message, entry.valueWhere);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function axesOf(document: GridDocument, { node, valueWhere }: Entry): GridAxis[] {
  return document.mapEntries(node, valueWhere).map((entry) => ({
    key: entry.key,
    values: document.items(entry).map((item) => ({
      value: document.value(item),
      where: document.whereOf(item),
    })),
  }));
}

function trialOf(document: GridDocument, node: unknown): GridTrial {
  const where = document.whereOf(node);
  const all = document.settings(node, where);
  const name = all.find(({ key }) => key === "name");
  const trial = { settings: all.filter((setting) => setting !== name), where };
  return name === undefined ? trial : { ...trial, name: String(name.value) };
}
