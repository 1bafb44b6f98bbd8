/** Names that others give to the splits. */
const SPLITS: readonly [split: string, names: RegExp][] = [
  ["train", /(^|[^a-z])(train|training)([^a-z]|$)/i],
  ["val", /(^|[^a-z])(val|valid|validation|dev)([^a-z]|$)/i],
  ["test", /(^|[^a-z])(test|testing)([^a-z]|$)/i],
];

/**
 * The split that a file or folder is called after, such as `val` for `instances_val2017.json` and
 * `valid`; `null` where its name holds none, or several, as `trainval` does.
 */
export function splitNameIn(name: string): string | null {
  const found = SPLITS.filter(([, names]) => names.test(name));
  return found.length === 1 ? found[0]![0] : null;
}
