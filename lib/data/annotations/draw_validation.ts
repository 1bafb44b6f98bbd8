import { sha256 } from "../../util/hash.ts";

/** One of so many samples is validated on. */
const EVERY = 5;

/** The names to validate on, by a hash of each: the split depends on no order of files. */
export function drawValidation(names: readonly string[]): string[] {
  const keyed = names.map((name) => ({ name, hash: sha256([new TextEncoder().encode(name)]) }));
  keyed.sort((a, b) => a.hash < b.hash ? -1 : 1);
  const least = Math.min(EVERY, names.length); // of two or more at least one, of one none
  return keyed.filter((_, i) => i > 0 && i % least === least - 1).map(({ name }) => name);
}
