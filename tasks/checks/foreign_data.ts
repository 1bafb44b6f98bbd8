import { type Problem, textOf, type TreeFile } from "./tree.ts";

/**
 * Where files that are not text may lie: each folder is made by a task of this repository. A file
 * counts towards the first that holds it.
 */
const MADE_HERE: { prefix: string; maxBytes: number }[] = [
  { prefix: "fixtures/goldens/", maxBytes: 1_200_000 },
  { prefix: "fixtures/", maxBytes: 320_000 },
  { prefix: "docs/first_run.png", maxBytes: 60_000 }, // what the first run leaves
  { prefix: "lib/engine/wasm/", maxBytes: 600_000 },
];

const DATA =
  /\.(jpe?g|png|gif|webp|tiff?|mat|npy|npz|h5|hdf5|pth?|pkl|safetensors|bin|zip|t?gz|tar|parquet)$/i;

/** A text file of this size is data in disguise. */
const MAX_TEXT_BYTES = 300_000;

/** Finds pictures, weights and archives that no task of this repository made: nobody's data is ours. */
export function checkForeignData(files: TreeFile[]): Problem[] {
  const problems: Problem[] = [];
  const sums = new Map<string, number>();
  for (const file of files) {
    const isText = textOf(file) !== undefined && !DATA.test(file.path);
    const home = MADE_HERE.find(({ prefix }) => file.path.startsWith(prefix));
    if (home) sums.set(home.prefix, (sums.get(home.prefix) ?? 0) + file.bytes.length);
    else if (!isText) {
      const message = `Binary data belongs to ${
        MADE_HERE.map(({ prefix }) => prefix).join(" or ")
      }`;
      problems.push({ path: file.path, message });
    } else if (file.bytes.length > MAX_TEXT_BYTES) {
      const message = `${file.bytes.length} bytes of text: at most ${MAX_TEXT_BYTES}`;
      problems.push({ path: file.path, message });
    }
  }
  for (const { prefix, maxBytes } of MADE_HERE) {
    const bytes = sums.get(prefix) ?? 0;
    if (bytes > maxBytes) {
      problems.push({ path: prefix, message: `${bytes} bytes: at most ${maxBytes}` });
    }
  }
  return problems;
}
