import { linesOf, type Problem, type TreeFile } from "./tree.ts";

// Built from parts, so that this file does not find itself.
const DIRECTIVE = new RegExp(
  `(//|/\\*)\\s*(${["deno-lint-ignore", "@ts-(ignore|nocheck|expect-error)"].join("|")})`,
);
const FILE_WIDE = new RegExp(["deno-lint-ignore-file", "@ts-nocheck"].join("|"));

/** Finds switched-off lints and type errors (`any` among them) that do not say why. */
export function checkIgnoreReasons(files: TreeFile[]): Problem[] {
  return files.filter(({ path }) => path.endsWith(".ts")).flatMap((file) =>
    linesOf(file).flatMap(([line, text]): Problem[] => {
      const directive = DIRECTIVE.exec(text);
      if (!directive) return [];
      const rest = text.slice(directive.index);
      if (FILE_WIDE.test(rest)) {
        return [{ path: file.path, line, message: "A check is switched off for the whole file" }];
      }
      if (/ -- \S/.test(rest)) return [];
      return [{
        path: file.path,
        line,
        message: "A check is switched off without its reason: add `-- reason`",
      }];
    })
  );
}
