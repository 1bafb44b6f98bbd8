import { posix } from "node:path";
import { type Token, tokenize } from "./tokens.ts";
import { type Problem, textOf, type TreeFile } from "./tree.ts";

/**
 * The layers of the repository, lowest first: a file imports from its own layer and from lower ones.
 * A path belongs to the layer with the longest name that it begins with.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ["lib/util/"],
  ["lib/engine/"],
  ["lib/engine/ops/"],
  ["lib/engine/wasm/", "lib/engine/webgpu/"],
  ["lib/engine/mod.ts"],
  ["lib/backend/"],
  ["lib/data/"],
  ["lib/metrics/"],
  ["lib/weights/"],
  ["lib/models/"],
  ["lib/export/"],
  ["lib/losses/"],
  ["lib/optim/"],
  ["lib/config/"],
  ["lib/train/"],
  ["lib/sweep/"],
  ["lib/report/"],
  ["lib/browser/"],
  ["mod.ts"],
  ["cli/", "bench/", "tasks/", "tests/", "studio/"],
];

/** What {@linkcode checkImports} finds. */
export interface ImportReport {
  problems: Problem[];
  cycles: number;
  upward: number;
  foreign: number;
}

/** An import of another file of the repository, by whatever syntax. */
interface Import {
  path: string;
  line: number;
}

/**
 * Finds imports against the order of {@linkcode LAYERS}, cycles between files of the library and the
 * command line, and imports of a private file (`_name.ts`) of another folder. Imports of types,
 * re-exports, `import()` and `new URL("./x.ts", import.meta.url)` count as imports.
 */
export function checkImports(files: TreeFile[]): ImportReport {
  const paths = new Set(files.map(({ path }) => path));
  const packages = readExports(files);
  const graph = new Map<string, Import[]>();
  for (const file of files) {
    if (!/\.tsx?$/.test(file.path) || file.path.includes("/assembly/")) continue;
    if (layerOf(file.path) === undefined) continue;
    const found = importsOf(textOf(file) ?? "").flatMap(({ path: specifier, line }) => {
      const path = packages.get(specifier) ??
        posix.join(posix.dirname(file.path), specifier).replace(/[?#].*$/, "");
      return paths.has(path) ? [{ path, line }] : [];
    });
    graph.set(file.path, found);
  }
  const edges = [...graph].flatMap(([from, list]) => list.map((to) => ({ from, to })));
  const upward = edges.filter(({ from, to }) => (layerOf(to.path) ?? -1) > layerOf(from)!)
    .map(({ from, to: { path, line } }) => ({
      path: from,
      line,
      message: `It imports ${path}, which is in a higher layer`,
    }));
  const foreign = edges.filter(({ from, to }) => isForeignPrivate(from, to.path))
    .map(({ from, to: { path, line } }) => ({
      path: from,
      line,
      message: `It imports ${path}, which is private to its folder`,
    }));
  const cycles = findCycles(graph).map((cycle) => ({
    path: cycle[0]!,
    message: `It imports itself: ${[...cycle, cycle[0]!].join(" → ")}`,
  }));
  return {
    problems: [...upward, ...foreign, ...cycles],
    cycles: cycles.length,
    upward: upward.length,
    foreign: foreign.length,
  };
}

/** The summary of a report, in one line. */
export function describeImports({ cycles, upward, foreign }: ImportReport): string {
  return `imports: ${cycles} cycles, ${upward} upward, ${foreign} foreign private`;
}

function layerOf(path: string): number | undefined {
  const names = LAYERS.flatMap((layer, index) => layer.map((name) => ({ name, index })));
  return names.filter(({ name }) => path === name || name.endsWith("/") && path.startsWith(name))
    .sort((a, b) => b.name.length - a.name.length)[0]?.index;
}

function isForeignPrivate(from: string, to: string): boolean {
  return posix.basename(to).startsWith("_") && posix.dirname(from) !== posix.dirname(to);
}

/** The file behind each name that a package of this repository exports. */
function readExports(files: TreeFile[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ["", "cli/"]) {
    const manifest = files.find(({ path }) => path === `${folder}deno.json`);
    const { name = "", exports = {} } = JSON.parse(manifest ? textOf(manifest) ?? "{}" : "{}");
    const entries: [string, string][] = typeof exports === "string"
      ? [[".", exports]]
      : Object.entries(exports);
    for (const [key, target] of entries) {
      found.set(posix.join(name, key), posix.join(folder, target));
    }
  }
  return found;
}

/** Specifiers that a module imports, with their lines. */
export function importsOf(source: string): Import[] {
  const tokens = tokenize(source).filter(({ kind }) => kind !== "comment");
  return tokens.flatMap((token, at): Import[] => {
    if (token.kind !== "word" || tokens[at - 1]?.text === ".") return [];
    const found = token.text === "import"
      ? importAt(tokens, at + 1)
      : token.text === "export"
      ? exportAt(tokens, at + 1)
      : token.text === "URL"
      ? urlAt(tokens, at + 1)
      : undefined;
    return found ? [{ path: found.text, line: found.line }] : [];
  });
}

/** The specifier of `import "x"`, `import … from "x"`, `import type … from "x"` or `import("x")`. */
function importAt(tokens: Token[], at: number): Token | undefined {
  const next = tokens[at];
  if (next?.kind === "text") return next;
  if (isMark(next, "(")) return tokens[at + 1]?.kind === "text" ? tokens[at + 1] : undefined;
  if (next?.kind !== "word" && !isMark(next, "{") && !isMark(next, "*")) return undefined;
  return fromAt(tokens, at);
}

/** The specifier of `export * from "x"` or `export { … } from "x"`, also with `type`. */
function exportAt(tokens: Token[], at: number): Token | undefined {
  const start = tokens[at]?.text === "type" ? at + 1 : at;
  return isMark(tokens[start], "{") || isMark(tokens[start], "*")
    ? fromAt(tokens, start)
    : undefined;
}

/** The text after the `from` that ends an import or export clause. */
function fromAt(tokens: Token[], start: number): Token | undefined {
  for (let at = start; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!;
    if (kind === "word" && text === "from" && tokens[at + 1]?.kind === "text") {
      return tokens[at + 1];
    }
    if (kind !== "word" && !(kind === "mark" && /^[{},*]$/.test(text)) && kind !== "text") break;
  }
  return undefined;
}

/** The text in `URL("x", import.meta.url)`. */
function urlAt(tokens: Token[], at: number): Token | undefined {
  const words = tokens.slice(at, at + 8).map(({ text }) => text);
  const isLocal = words[0] === "(" && words.slice(2).join("") === ",import.meta.url";
  return isLocal && tokens[at + 1]?.kind === "text" ? tokens[at + 1] : undefined;
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}

/** Groups of files that import each other, each as one shortest cycle through its first file. */
function findCycles(graph: Map<string, Import[]>): string[][] {
  const shipped = (path: string): boolean => /^(lib|cli)\//.test(path);
  const next = (path: string): string[] =>
    (graph.get(path) ?? []).map((to) => to.path).filter(shipped);
  const seen = new Set<string>();
  const cycles: string[][] = [];
  for (const start of [...graph.keys()].filter(shipped).sort()) {
    if (seen.has(start)) continue;
    const cycle = shortestCycle(start, next);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    for (const path of cycle) seen.add(path);
  }
  return cycles;
}

function shortestCycle(start: string, next: (path: string) => string[]): string[] | undefined {
  const before = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const to of next(path)) {
      if (to === start) {
        const cycle = [path];
        while (cycle[0] !== start) cycle.unshift(before.get(cycle[0]!)!);
        return cycle;
      }
      if (before.has(to)) continue;
      before.set(to, path);
      queue.push(to);
    }
  }
  return undefined;
}
