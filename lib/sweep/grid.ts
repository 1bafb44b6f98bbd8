/**
 * A sweep as planned, with trials over a common base, seeds, and the trial to compare with; and how it
 * is read from YAML.
 *
 * @module
 */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { ConfigError } from "../config/config_error.ts";
import { nearest } from "../util/describe_issue.ts";

/** One value of the configuration and where it was written. */
export interface Setting {
  /** Dotted name, such as `adversarial.tg`. */
  key: string;
  value: unknown;
  /** `file:line:column`, or `null` where there is no file. */
  where: string | null;
}

/** Pixel accuracy and mean IoU that were published for a trial, in per cent. */
export interface Published {
  pAcc: number;
  mIoU: number;
}

/** What a trial cost where it was published. */
export interface PublishedCost {
  minutesPerEpoch: number;
  /** Numbers of parameters. */
  segmentation: number;
  discriminator: number;
}

/** One trial of a grid: a name and what it changes. */
export interface GridTrial {
  /** Absent: made from the settings. */
  name?: string;
  settings: Setting[];
  /** Absent where the trial reproduces nothing. */
  published?: Published;
  publishedCost?: PublishedCost;
  where: string | null;
}

/** Values that one key runs through. */
export interface GridAxis {
  key: string;
  values: { value: unknown; where: string | null }[];
}

/** Which validation of a run counts: its last, or its best (which is chosen on the same data). */
export type ScoredValidation = "last" | "best";

/** A sweep as it was asked for. */
export interface Grid {
  name: string;
  /** Preset to start from. */
  preset: string | null;
  /** Configuration file to start from. */
  config: string | null;
  /** Values common to all trials. */
  set: Setting[];
  seeds: number[];
  /** Cartesian product of these, and the listed trials after it. */
  axes: GridAxis[];
  trials: GridTrial[];
  /** What the others are compared with; `null` compares nothing. */
  baseline: GridTrial | null;
  score: ScoredValidation;
}

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

/** An entry of a map: its key, its value node and where they stand. */
interface Entry {
  key: string;
  node: unknown;
  where: string;
  valueWhere: string;
}

/** A YAML map read entry by entry, so that every error names its place. */
class GridDocument {
  readonly #label: string;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  /** Parses the text; `label` is the file's name in messages. */
  constructor(text: string, label: string) {
    this.#label = label;
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      logLevel: "error",
    });
    const first = this.#document.errors[0];
    if (first !== undefined) throw this.fault(first.message, this.#place(first.pos[0]));
  }

  /** Entries of the document itself. */
  entries(known: readonly string[]): Entry[] {
    const entries = this.mapEntries(this.#document.contents, this.#label);
    for (const { key, where } of entries) {
      if (known.includes(key)) continue;
      const meant = nearest(key, known);
      const hint = meant === null
        ? `; known keys: ${known.join(", ")}`
        : `; did you mean ${meant}?`;
      throw this.fault(`unknown key ${key}${hint}`, where);
    }
    return entries;
  }

  /** Entries of any map. */
  mapEntries(node: unknown, where: string): Entry[] {
    if (!isMap(node)) throw this.fault("expected keys and values, such as seeds: [1, 2, 3]", where);
    return (node as YAMLMap).items.map(({ key, value }) => ({
      key: isScalar(key) ? String(key.value) : String(key),
      node: value,
      where: this.whereOf(key),
      valueWhere: this.whereOf(value ?? key),
    }));
  }

  /** Nodes of a list that is not empty. */
  items({ key, node, valueWhere }: Entry): unknown[] {
    if (!isSeq(node)) throw this.fault(`expected a list for ${key}`, valueWhere);
    if (node.items.length === 0) {
      throw this.fault(`${key} is empty: give it at least one value`, valueWhere);
    }
    return node.items;
  }

  /** Values of the configuration, dotted or nested. */
  settings(node: unknown, where: string): Setting[] {
    return this.mapEntries(node, where).flatMap((entry) =>
      isMap(entry.node)
        ? this.settings(entry.node, entry.valueWhere)
          .map((inner) => ({ ...inner, key: `${entry.key}.${inner.key}` }))
        : [{ key: entry.key, value: this.value(entry.node), where: entry.where }]
    );
  }

  /** A node as plain data. */
  value(node: unknown): unknown {
    return isNode(node) ? node.toJS(this.#document, { maxAliasCount: 50 }) : node;
  }

  /** `file:line:column` of a node. */
  whereOf(node: unknown): string {
    return isNode(node) && node.range ? this.#place(node.range[0]) : this.#label;
  }

  /** An error at a place. */
  fault(message: string, where: string): ConfigError {
    return new ConfigError([{ key: "", message: message.replace(/\s+/g, " "), where }]);
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#label}:${line}:${col}`;
  }
}
