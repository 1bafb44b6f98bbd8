/** Joins images and labels of the same name. */
import type { FilePair } from "./pair_dataset.ts";

/** What to join, and the words for an error. */
export interface MatchOptions {
  /** Name to path. */
  images: Map<string, string>;
  labels: Map<string, string>;
  /** The names that the split holds, in order; all images if not given. */
  ids?: string[];
  /** Where they should lie. */
  imageFolder: string;
  labelFolder: string;
  /** Names the split in an error. */
  where: string;
}

/**
 * The pairs of a split, in order.
 *
 * @throws {Error} If an image or a label lacks its partner; tells the first and how many.
 */
export function matchPairs(options: MatchOptions): FilePair[] {
  const { images, labels, imageFolder, labelFolder, where } = options;
  const ids = options.ids ?? [...images.keys()];
  const lacking = (folder: string, names: string[], what: string): void => {
    if (names.length === 0) return;
    throw new Error(
      `Cannot open ${where}: no ${what} named "${names[0]}" in "${folder}"` +
        (names.length > 1 ? `, nor ${names.length - 1} more` : ""),
    );
  };
  // Without a list every label must have its image too: a stray one is a mistake somewhere.
  const wanted = options.ids ?? [...labels.keys()];
  lacking(imageFolder, wanted.filter((id) => !images.has(id)), "image");
  lacking(labelFolder, ids.filter((id) => !labels.has(id)), "label PNG");
  return ids.map((id) => ({ id, image: images.get(id)!, label: labels.get(id)! }));
}
