import { isSection } from "./keys.ts";

/** Names from the root down to a value. */
export type Path = readonly PropertyKey[];

/** A path as it is written in messages: `data.crop[1]`. */
export function keyOf(path: Path): string {
  return path.map((name) => typeof name === "number" ? `[${name}]` : `.${String(name)}`)
    .join("").replace(/^\./, "");
}

/** One source of configuration values: defaults, a preset, a file or overrides. */
export interface Layer {
  tree: Record<string, unknown>;
  /** `file:line:column` of a key or of its value, or `null` where there is no file. */
  where(path: Path, at: "key" | "value"): string | null;
}

/** A layer that does not come from a file. */
export function plainLayer(tree: object): Layer {
  return { tree: { ...tree }, where: () => null };
}

/** Lays `upper` over `lower`; an empty section (`null`, as in `model:`) changes nothing. */
export function merge(
  lower: Record<string, unknown>,
  upper: Record<string, unknown>,
): Record<string, unknown> {
  // Through a Map and fromEntries, so that a key named __proto__ stays an ordinary key
  const merged = new Map(Object.entries(lower));
  for (const [name, value] of Object.entries(upper)) {
    const below = merged.get(name);
    if (isSection(below) && value === null) continue;
    merged.set(name, isSection(below) && isSection(value) ? merge(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** Index of the topmost layer that holds the longest part of `path`; −1 where none does. */
export function ownerOf(layers: readonly Layer[], path: Path): number {
  const depths = layers.map(({ tree }) => depthOf(tree, path));
  return depths.lastIndexOf(Math.max(1, ...depths));
}

/** How many names of `path` exist in `tree`, from the root. */
function depthOf(tree: unknown, path: Path): number {
  let node = tree;
  for (let depth = 0; depth < path.length; depth++) {
    const isHeld = typeof node === "object" && node !== null && Object.hasOwn(node, path[depth]!);
    if (!isHeld) return depth;
    node = (node as Record<PropertyKey, unknown>)[path[depth]!];
  }
  return path.length;
}
