import type { Problem, TreeFile } from "../../tasks/checks/tree.ts";

/** A tree of made-up files, for the tests of the repository checks. */
export function treeOf(files: Record<string, string | Uint8Array>): TreeFile[] {
  return Object.entries(files).map(([path, content]) => ({
    path,
    bytes: typeof content === "string" ? new TextEncoder().encode(content) : content,
  }));
}

/** `path:line` of each problem, or the path alone where it concerns the whole file. */
export function places(problems: Problem[]): string[] {
  return problems.map(({ path, line }) => line === undefined ? path : `${path}:${line}`);
}
