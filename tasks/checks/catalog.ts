import { isDeepStrictEqual } from "node:util";
import { type Problem, textOf, type TreeFile } from "./tree.ts";

const PATH = "cli/catalog.json";

/** Finds a catalog of the command line that says something else than the library's registries. */
export function checkCatalog(files: TreeFile[], expected: object): Problem[] {
  const file = files.find(({ path }) => path === PATH);
  if (file === undefined) return [];
  const found = JSON.parse(textOf(file) ?? "null");
  if (isDeepStrictEqual(found, JSON.parse(JSON.stringify(expected)))) return [];
  const message = "It differs from the registries, presets and schema: deno task build:catalog";
  return [{ path: PATH, message }];
}
