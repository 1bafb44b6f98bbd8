import { defaultConfig } from "./default_config.ts";
import { nearest } from "../util/nearest.ts";

/** Whether a value is a section: an object that is not a list. */
export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every key of the configuration with its default, by dotted name, in the schema's order. */
export const defaultLeaves: ReadonlyMap<string, unknown> = new Map(
  leaves(defaultConfig()),
);

/** Says that a key does not exist and which one was probably meant. */
export function describeUnknownKey(parent: string, name: string): string {
  const key = parent === "" ? name : `${parent}.${name}`;
  const meant = meantKeys({ key, parent, name });
  if (meant.length > 0) return `unknown key; did you mean ${meant.join(" or ")}?`;
  const known = childrenOf(parent);
  return `unknown key; ${parent === "" ? "known keys" : `${parent} has`}: ${known.join(", ")}`;
}

function meantKeys(
  { key, parent, name }: { key: string; parent: string; name: string },
): string[] {
  const sibling = nearest(name, childrenOf(parent));
  if (sibling !== null) return [parent === "" ? sibling : `${parent}.${sibling}`];
  const namesakes = [...defaultLeaves.keys()].filter((leaf) => lastOf(leaf) === lastOf(key));
  if (namesakes.length > 0) return namesakes;
  const leafName = nearest(lastOf(key), new Set([...defaultLeaves.keys()].map(lastOf)));
  return [...defaultLeaves.keys()].filter((leaf) => lastOf(leaf) === leafName);
}

/** Names directly below a section; `preset` is one at the top. */
function childrenOf(parent: string): string[] {
  const prefix = parent === "" ? "" : `${parent}.`;
  const below = [...defaultLeaves.keys()]
    .filter((leaf) => leaf.startsWith(prefix))
    .map((leaf) => leaf.slice(prefix.length).split(".")[0]!);
  return [...new Set(parent === "" ? ["preset", ...below] : below)];
}

function lastOf(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1);
}

function* leaves(tree: object, prefix = ""): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(tree)) {
    if (isSection(value)) yield* leaves(value, `${prefix}${name}.`);
    else yield [prefix + name, value];
  }
}
