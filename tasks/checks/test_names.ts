import { tokenize } from "./tokens.ts";
import { type Problem, textOf, type TreeFile } from "./tree.ts";

/** `f()`, `Class.method()`, `new Class()`, `segadv train`, or the name of a file. */
const SUBJECT = /^((new )?#?[\w$]+(\.[\w$]+)*\(\)|segadv\b|[\w./@-]+\.(md|json|ts|py|sh)\b)/;

/**
 * Finds tests whose name does not begin with what they test: `f()`, `Class.method()`,
 * `new Class()`, `segadv COMMAND`, an exported constant or a file. A name that begins with a
 * computed part is left alone.
 */
export function checkTestNames(files: TreeFile[]): Problem[] {
  const constants = new Set(
    files.filter(({ path }) => /\.ts$/.test(path)).flatMap((file) =>
      [...(textOf(file) ?? "").matchAll(/^export const (\w+)/gm)].map(([, name]) => name!)
    ),
  );
  return files.filter(({ path }) => /^tests\/.*_test\.ts$/.test(path)).flatMap((file) =>
    titlesOf(textOf(file) ?? "").flatMap(({ call, title, line }): Problem[] => {
      const { path } = file;
      if (call === "it") return [{ path, line, message: "A test is declared by test(), not it()" }];
      const [word = ""] = /^\w*/.exec(title) ?? [];
      const isConstant = constants.has(word) && /^($|[ :])/.test(title.slice(word.length));
      if (title === "" || SUBJECT.test(title) || isConstant) return [];
      const message = `"${title}" does not begin with f(), Class.method() or segadv COMMAND`;
      return [{ path, line, message }];
    })
  );
}

interface Title {
  call: string;
  title: string;
  line: number;
}

/** Names that are given to `test()` and `it()`; of a template, what stands before its first `${`. */
function titlesOf(source: string): Title[] {
  const tokens = tokenize(source).filter(({ kind }) => kind !== "comment");
  return tokens.flatMap(({ kind, text, line }, at) => {
    const [before, open, name] = [tokens[at - 1], tokens[at + 1], tokens[at + 2]];
    if (kind !== "word" || !/^(test|it)$/.test(text) || before?.text === ".") return [];
    if (before?.text === "function" || open?.text !== "(" || name?.kind !== "text") return [];
    return [{ call: text, title: name.text, line }];
  });
}
