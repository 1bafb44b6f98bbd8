/**
 * Writes a configuration as a file that {@linkcode loadConfig} reads back.
 *
 * @module
 */
import { Document, isScalar, isSeq, visit } from "yaml";
import type { Config } from "./config.ts";

/**
 * The configuration as YAML, every value written out, lists on one line.
 *
 * @example
 * ```ts
 * import { configToYaml, loadConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const config = await loadConfig({ preset: "fixtures" });
 * assert.deepEqual(await loadConfig({ yaml: configToYaml(config) }), config);
 * ```
 */
export function configToYaml(config: Config): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_, node) {
      if (isSeq(node) && node.items.every(isScalar)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
