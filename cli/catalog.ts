/**
 * What the library offers by name, so that help, completions, `presets` and `schema` answer without
 * loading it and TensorFlow.js. `deno task build:catalog` writes the file from the registries, and
 * `deno task checks` compares them.
 *
 * @module
 */
import json from "./catalog.json" with { type: "json" };

/** A preset for listings, and its configuration as YAML. */
export interface CatalogPreset {
  name: string;
  summary: string;
  needs: string | null;
  /** Whether some of its values follow from the images and the machine. */
  isFitted: boolean;
  yaml: string;
}

/** Names, keys and texts of the library. */
export interface Catalog {
  backends: readonly string[];
  datasets: readonly string[];
  networks: readonly string[];
  discriminators: readonly string[];
  thesisGrids: readonly string[];
  tableFormats: readonly string[];
  extensionModes: readonly string[];
  benchmarkFormats: readonly { name: string; summary: string }[];
  polygonFormats: readonly { name: string; summary: string }[];
  exportFormats: readonly { name: string; summary: string }[];
  modelFormats: readonly { name: string; summary: string }[];
  configKeys: readonly string[];
  presets: readonly CatalogPreset[];
  /** The configuration's JSON Schema. */
  schema: object;
}

/** What the library of this version offers. */
export const catalog: Catalog = json;
