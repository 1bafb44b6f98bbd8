import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** A file of the repository, as the checks see it. */
export interface TreeFile {
  /** Path from the repository's root, with forward slashes. */
  path: string;
  bytes: Uint8Array;
}

/** An offence against a rule of the repository. */
export interface Problem {
  path: string;
  line?: number;
  message: string;
}

/** Reads every file that git tracks or would track, that is: all but the ignored ones. */
export async function readTree(root: string): Promise<TreeFile[]> {
  const { stdout } = await promisify(execFile)(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root, maxBuffer: 1 << 26 },
  );
  const paths = [...new Set(stdout.split("\0"))].filter((path) => path !== "").sort();
  const files = await Promise.all(paths.map((path) => readTreeFile(root, path)));
  return files.filter((file) => file !== undefined);
}

async function readTreeFile(root: string, path: string): Promise<TreeFile | undefined> {
  try {
    return { path, bytes: await readFile(join(root, path)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined; // deleted, uncommitted
    throw error;
  }
}

/** The text of a file, or `undefined` for a binary one (a NUL in its first 8 kB, as git decides). */
export function textOf(file: TreeFile): string | undefined {
  if (file.bytes.subarray(0, 8192).includes(0)) return undefined;
  return new TextDecoder().decode(file.bytes);
}

/** The lines of a text file with their numbers, from 1; nothing for a binary one. */
export function linesOf(file: TreeFile): [number: number, line: string][] {
  return (textOf(file) ?? "").split("\n").map((line, index) => [index + 1, line]);
}
