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
import { nearest } from "../util/nearest.ts";
import type { Setting } from "./grid.ts";

/** An entry of a map: its key, its value node and where they stand. */
export interface Entry {
  key: string;
  node: unknown;
  where: string;
  valueWhere: string;
}

/** A YAML map read entry by entry, so that every complaint has its place. */
export class GridDocument {
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

  /** A complaint about a place. */
  fault(message: string, where: string): ConfigError {
    return new ConfigError([{ key: "", message: message.replace(/\s+/g, " "), where }]);
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#label}:${line}:${col}`;
  }
}
