import { type Problem, textOf, type TreeFile } from "./tree.ts";

/** Files that are tested under another name than their own. */
export interface TestedElsewhere {
  /** A source file, or a folder with a slash at its end. */
  of: string;
  /** The test that covers it. */
  test: string;
  /** Why one test serves several files. */
  reason: string;
}

/**
 * Finds public source files of the library and the command line without a test of the same name:
 * `lib/losses/adversarial/lsgan.ts` is tested by `tests/losses/adversarial/lsgan_test.ts`, `cli/commands/train.ts` by
 * `tests/cli/commands/train_test.ts`. Tables of contents, private files and files that hold only
 * types need none; others may be listed with the test that covers them.
 */
export function checkTestMirror(files: TreeFile[], list: TestedElsewhere[] = []): Problem[] {
  const paths = new Set(files.map(({ path }) => path));
  const untested = files.filter((file) => needsTest(file) && !paths.has(testOf(file.path)))
    .map(({ path }) => path);
  const missing = untested.filter((path) => !list.some(({ of }) => covers(of, path)))
    .map((path) => ({ path, message: `There is no ${testOf(path)}` }));
  return [...missing, ...list.flatMap((entry) => checkEntry(entry, { paths, untested }))];
}

/** Finds what is wrong with an entry of the list: it may have outlived its reason. */
function checkEntry(
  { of, test, reason }: TestedElsewhere,
  { paths, untested }: { paths: Set<string>; untested: string[] },
): Problem[] {
  const messages = [
    !paths.has(test) && `It is listed as tested by ${test}, which does not exist`,
    reason.trim() === "" && "It is listed without a reason",
    !untested.some((path) => covers(of, path)) && "Strike it off the list: nothing of it needs it",
  ];
  return messages.filter((message) => message !== false).map((message) => ({ path: of, message }));
}

/** Where the test of a source file belongs. */
export function testOf(path: string): string {
  return `tests/${path.replace(/^lib\//, "").replace(/\.ts$/, "_test.ts")}`;
}

function covers(of: string, path: string): boolean {
  return of.endsWith("/") ? path.startsWith(of) : of === path;
}

function needsTest(file: TreeFile): boolean {
  if (!/^(lib|cli)\/.*\.ts$/.test(file.path)) return false;
  if (/\/(_|assembly\/)|\/mod\.ts$/.test(file.path)) return false;
  return hasCode(textOf(file) ?? "");
}

/** Whether anything is left of a module when its types are taken away. */
function hasCode(source: string): boolean {
  return /^(export )?(default |async |abstract )*(function|class|const|let|enum)\b/m.test(source);
}
