/**
 * Writes `cli/catalog.json`: what the library's registries, presets and schema say, for commands
 * that answer without loading the library.
 *
 * @module
 */
import { backendChoices, configKeys, configToYaml, jsonSchema, presets } from "../mod.ts";
import type { Catalog } from "../cli/catalog.ts";
import {
  benchmarkFormats,
  datasetReaders,
  exportFormats,
  polygonFormats,
} from "../lib/data/mod.ts";
import { modelFormats } from "../lib/export/mod.ts";
import { discriminators, networks } from "../lib/models/mod.ts";
import { extensionModes } from "../lib/optim/extensions.ts";
import { tableFormats, thesisGrids } from "../lib/sweep/mod.ts";
import { writeFileAtomic } from "../lib/util/files.ts";
import { fileURLToPath } from "node:url";

/** The catalog of the library as it is. */
export function libraryCatalog(): Catalog {
  return {
    backends: backendChoices,
    datasets: datasetReaders.names,
    networks: networks.names,
    discriminators: discriminators.names,
    thesisGrids: [...thesisGrids.keys()],
    tableFormats,
    extensionModes,
    benchmarkFormats: [...benchmarkFormats].map(({ name, summary }) => ({ name, summary })),
    polygonFormats: [...polygonFormats].map(({ name, summary }) => ({ name, summary })),
    exportFormats: [...exportFormats].map(({ name, summary }) => ({ name, summary })),
    modelFormats: [...modelFormats].map(({ name, summary }) => ({ name, summary })),
    configKeys: configKeys(),
    presets: [...presets.values()].map(({ name, summary, needs, config, fit }) => {
      return { name, summary, needs, isFitted: fit !== null, yaml: configToYaml(config) };
    }),
    schema: jsonSchema(),
  };
}

if (import.meta.main) {
  const path = fileURLToPath(new URL("../cli/catalog.json", import.meta.url));
  // One space: the schema lies deep, and indentation would be half of the file
  await writeFileAtomic(path, `${JSON.stringify(libraryCatalog(), null, 1)}\n`);
}
