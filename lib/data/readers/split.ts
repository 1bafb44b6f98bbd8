/** Looks a split up by name, with an error that lists the others. */

/**
 * The samples of a split.
 *
 * @throws {RangeError} If there is no such split or it is empty; names the splits there are.
 */
export function requireSplit<T>(
  splits: Record<string, T[]>,
  { split, where }: { split: string; where: string },
): T[] {
  const samples = Object.hasOwn(splits, split) ? splits[split]! : [];
  if (samples.length > 0) return samples;
  const filled = Object.keys(splits).filter((name) => splits[name]!.length > 0);
  throw new RangeError(
    `Cannot open split "${split}" of ${where}: ` +
      (Object.hasOwn(splits, split) ? "it is empty" : "there is none of that name") +
      (filled.length > 0 ? `, available: ${filled.join(", ")}` : ", and no other split either"),
  );
}
