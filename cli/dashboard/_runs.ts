/**
 * Run folders below a folder, and the lines of their logs as they grow.
 *
 * @module
 */
import { readSweep } from "@segadv/segadv/sweep";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Levels of folders that are searched for runs: a sweep keeps its own two levels down. */
const DEPTH = 3;

/** A run folder. */
export interface FoundRun {
  /** Relative path, `.` for the folder itself. */
  run: string;
  /** Shown name: the path, or in a sweep trial and seed. */
  label: string;
}

/** All run folders below a folder, in the order of their paths, those of a sweep in its order. */
export async function findRuns(root: string): Promise<FoundRun[]> {
  return await search(root, { path: "", depth: DEPTH });
}

async function search(
  root: string,
  { path, depth }: { path: string; depth: number },
): Promise<FoundRun[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => []);
  const has = (name: string): boolean =>
    entries.some((entry) => entry.isFile() && entry.name === name);
  if (has("events.jsonl")) return [{ run: path || ".", label: path || "." }];
  if (depth === 0) return [];
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name).sort();
  const below = await Promise.all(
    folders.map((name) =>
      search(root, { path: path === "" ? name : `${path}/${name}`, depth: depth - 1 })
    ),
  );
  const found = below.flat();
  return has("sweep.json") ? await labelled(found, { root, path }) : found;
}

/** Runs of a sweep, labelled and in the order of their trials. */
async function labelled(
  found: FoundRun[],
  { root, path }: { root: string; path: string },
): Promise<FoundRun[]> {
  const plan = await readSweep(join(root, path)).catch(() => null);
  if (plan === null) return found;
  const conditions = new Map(plan.conditions.map(({ id, name }) => [id, name]));
  const prefix = path === "" ? "" : `${path}: `;
  const places = new Map(found.map((one) => [one.run.replace(/^.*\//, ""), one]));
  const own = plan.trials.flatMap(({ id, condition, seed }) => {
    const one = places.get(id);
    places.delete(id);
    return one === undefined
      ? []
      : [{ ...one, label: `${prefix}${conditions.get(condition)}, seed ${seed}` }];
  });
  return [...places.values(), ...own];
}

/** A whole line of a growing file with the byte behind it, or `cut` where the file was truncated. */
export type Followed = { line: string; end: number } | "cut";

/** Milliseconds between two reads of the file. */
const PAUSE = 400;

/** Gives the lines of a file from a byte on, and those to come, until the signal. */
export async function* followFile(
  path: string,
  options: { from: number; signal: AbortSignal },
): AsyncGenerator<Followed> {
  const { signal } = options;
  let at = options.from;
  while (!signal.aborted) {
    const size = await stat(path).then((found) => found.size, () => 0);
    if (size < at) {
      at = 0;
      yield "cut";
    }
    for (const line of await wholeLines(path, { from: at, to: size })) {
      at += line.length + 1;
      yield { line: new TextDecoder().decode(line), end: at };
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function wholeLines(
  path: string,
  { from, to }: { from: number; to: number },
): Promise<Uint8Array[]> {
  if (to <= from) return [];
  const bytes = new Uint8Array(to - from);
  const file = await open(path, "r");
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from).finally(() => file.close());
  const lines: Uint8Array[] = [];
  let begin = 0;
  for (let end = bytes.indexOf(10); end >= 0 && end < bytesRead; end = bytes.indexOf(10, begin)) {
    lines.push(bytes.subarray(begin, end));
    begin = end + 1;
  }
  return lines;
}
