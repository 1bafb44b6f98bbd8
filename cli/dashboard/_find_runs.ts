import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** How deep below the folder runs are looked for: a sweep keeps its own two levels down. */
const DEPTH = 3;

/** Relative paths of all run folders, `.` for the folder itself, in the order of their names. */
export async function findRuns(root: string, depth: number = DEPTH): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const here = entries.some((entry) => entry.isFile() && entry.name === "events.jsonl");
  if (here) return ["."];
  if (depth === 0) return [];
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const below = await Promise.all(folders.map(async ({ name }) => {
    const found = await findRuns(join(root, name), depth - 1);
    return found.map((path) => path === "." ? name : `${name}/${path}`);
  }));
  return below.flat().sort();
}
