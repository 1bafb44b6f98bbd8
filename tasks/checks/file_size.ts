import { linesOf, type Problem, type TreeFile } from "./tree.ts";

/** Lines that a file may have; a test or a task, which hold tables of cases, may have more. */
export const LINE_LIMITS: { code: number; tests: number } = { code: 300, tests: 500 };

/** Finds TypeScript files that are too long to be read in one sitting. */
export function checkFileSize(files: TreeFile[]): Problem[] {
  return files.filter(({ path }) => path.endsWith(".ts") && !isGenerated(path)).flatMap((file) => {
    const lines = linesOf(file).length - 1;
    const limit = /^(tests|tasks)\//.test(file.path) ? LINE_LIMITS.tests : LINE_LIMITS.code;
    if (lines <= limit) return [];
    return [{ path: file.path, message: `${lines} lines: split it, ${limit} is the most` }];
  });
}

/** Built files carry a payload (a kernel binary, an embedded picture), not prose. */
function isGenerated(path: string): boolean {
  return /(^|\/)(built|generated)\//.test(path) || /_(base64|embedded|generated)\.ts$/.test(path);
}
