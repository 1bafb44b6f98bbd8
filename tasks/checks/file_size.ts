import { linesOf, type Problem, type TreeFile } from "./tree.ts";

/** Lines after which a source file is worth splitting, and after which it must be. */
export const LINE_LIMITS: { warn: number; fail: number } = { warn: 300, fail: 500 };

/** Finds TypeScript files that are too long to be read in one sitting. */
export function checkFileSize(files: TreeFile[]): Problem[] {
  return files.filter(({ path }) => path.endsWith(".ts") && !isGenerated(path)).flatMap((file) => {
    const lines = linesOf(file).length - 1;
    if (lines <= LINE_LIMITS.warn) return [];
    const message = `${lines} lines: split it, the aim is ${LINE_LIMITS.warn} at most`;
    return [{ path: file.path, message, warning: lines <= LINE_LIMITS.fail }];
  });
}

/** Built files carry a payload (a kernel binary, an embedded picture), not prose. */
function isGenerated(path: string): boolean {
  return /(^|\/)(built|generated)\//.test(path) || /_(base64|embedded|generated)\.ts$/.test(path);
}
