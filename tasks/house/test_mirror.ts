import { type Problem, textOf, type TreeFile } from "./tree.ts";

/**
 * Finds public source files of the library and the command line without a test of the same name:
 * `lib/losses/lsgan.ts` is tested by `tests/losses/lsgan_test.ts`, `cli/commands/train.ts` by
 * `tests/cli/commands/train_test.ts`. Tables of contents, private files and files that hold only types need none.
 *
 * @param elsewhere Files that are tested under another name, each with the reason.
 */
export function checkTestMirror(
  files: TreeFile[],
  elsewhere: Record<string, string> = {},
): Problem[] {
  const paths = new Set(files.map(({ path }) => path));
  const problems: Problem[] = [];
  for (const file of files.filter(needsTest)) {
    const test = testOf(file.path);
    if (!paths.has(test) && !(file.path in elsewhere)) {
      problems.push({ path: file.path, message: `There is no ${test}` });
    }
    if (paths.has(test) && file.path in elsewhere) {
      problems.push({ path: file.path, message: "It has a test, so strike it off the list" });
    }
  }
  for (const [path, reason] of Object.entries(elsewhere)) {
    if (!paths.has(path)) problems.push({ path, message: "It is listed, but does not exist" });
    if (reason === "") problems.push({ path, message: "It is listed without a reason" });
  }
  return problems;
}

/** Where the test of a source file belongs. */
export function testOf(path: string): string {
  return `tests/${path.replace(/^lib\//, "").replace(/\.ts$/, "_test.ts")}`;
}

function needsTest(file: TreeFile): boolean {
  if (!/^(lib|cli)\/.*\.ts$/.test(file.path)) return false;
  if (/\/(_|assembly\/|built\/)|(^lib\/.*|cli)\/mod\.ts$/.test(file.path)) return false;
  return hasCode(textOf(file) ?? "");
}

/** Whether anything is left of a module when its types are taken away. */
function hasCode(source: string): boolean {
  return /^(export )?(default |async |abstract )*(function|class|const|let|enum)\b/m.test(source);
}
