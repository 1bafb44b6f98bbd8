import { type Problem, textOf, type TreeFile } from "./tree.ts";

interface Manifest {
  name?: string;
  version?: string;
  exports?: string | Record<string, string>;
}

/**
 * Finds differences between the manifests that Deno (`deno.json`), Bun (`package.json`) and the type
 * checkers of editors (`tsconfig.json`) read for the same package, and exports of missing files.
 */
export function checkExportsMaps(files: TreeFile[]): Problem[] {
  const problems: Problem[] = [];
  const versions = new Set<string | undefined>();
  for (const folder of ["", "cli/"]) {
    const deno = readManifest(files, `${folder}deno.json`);
    const node = readManifest(files, `${folder}package.json`);
    versions.add(deno.version).add(node.version);
    const path = `${folder}package.json`;
    if (deno.name !== node.name) {
      problems.push({ path, message: `The name is "${node.name}", in deno.json "${deno.name}"` });
    }
    problems.push(...compareMaps(path, entries(node), entries(deno)));
    for (const [key, target] of Object.entries(entries(deno))) {
      if (!files.some(({ path }) => path === folder + target.replace(/^\.\//, ""))) {
        problems.push({
          path: `${folder}deno.json`,
          message: `"${key}" exports no file: ${target}`,
        });
      }
    }
    if (folder === "") {
      problems.push(...compareMaps("tsconfig.json", tsPaths(files), entries(deno)));
    }
  }
  if (versions.size > 1) {
    problems.push({ path: "deno.json", message: `Versions differ: ${[...versions].join(", ")}` });
  }
  return problems;
}

function readManifest(files: TreeFile[], path: string): Manifest {
  const file = files.find((file) => file.path === path);
  return file ? JSON.parse(textOf(file) ?? "{}") : {};
}

/** The exports of a manifest in their long form: subpath to file. */
function entries({ exports }: Manifest): Record<string, string> {
  return typeof exports === "string" ? { ".": exports } : exports ?? {};
}

/** `paths` of tsconfig.json, written as an exports map. */
function tsPaths(files: TreeFile[]): Record<string, string> {
  const { name = "" } = readManifest(files, "deno.json");
  const config = readManifest(files, "tsconfig.json") as {
    compilerOptions?: { paths?: Record<string, string[]> };
  };
  const paths = Object.entries(config.compilerOptions?.paths ?? {});
  return Object.fromEntries(paths.map(([key, [target = ""]]) => [key.replace(name, "."), target]));
}

function compareMaps(
  path: string,
  actual: Record<string, string>,
  expected: Record<string, string>,
): Problem[] {
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...keys].filter((key) => actual[key] !== expected[key]).map((key) => ({
    path,
    message: `"${key}" is ${actual[key] ?? "absent"}, in deno.json ${expected[key] ?? "absent"}`,
  }));
}
