/**
 * "Did you mean …?": the known name that was probably meant.
 *
 * @module
 */

/**
 * The candidate nearest to `name` by edit distance (insertions, deletions, replacements and swaps
 * of neighbours, upper case equal to lower), at most two edits in five letters. Failing that, the
 * only candidate that begins with `name`; else `null`. The first of equals wins.
 *
 * @example
 * ```ts
 * import { nearest } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * assert.equal(nearest("epohcs", ["batch", "epochs"]), "epochs");
 * assert.equal(nearest("camvid", ["fixtures", "camvid-small"]), "camvid-small");
 * assert.equal(nearest("colour", ["batch", "epochs"]), null);
 * ```
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const known = [...candidates];
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(name.length * 0.4)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance < Math.max(name.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== null || name.length < 3) return best;
  const longer = known.filter((candidate) => candidate.startsWith(name));
  return longer.length === 1 ? longer[0]! : null;
}

/** Optimal string alignment distance, three rows at a time. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforePrevious[j - 2]! + 1);
      row.push(cost);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}
