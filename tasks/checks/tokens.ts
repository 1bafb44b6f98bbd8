/** A piece of TypeScript source. Blanks are left out. */
export interface Token {
  /** `text` is the content of a string or of a template's literal part, without its quotes. */
  kind: "word" | "text" | "comment" | "regex" | "number" | "mark";
  text: string;
  /** Line of the first character, from 1. */
  line: number;
}

/** What may stand before a division; after anything else, a slash begins a regular expression. */
const BEFORE_DIVISION = /^[\w$)\]}]$/;
const KEYWORDS_BEFORE_REGEX =
  /^(return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield|instanceof)$/;

const PATTERNS: [kind: Token["kind"], pattern: RegExp][] = [
  ["comment", /\/\/[^\n]*|\/\*[^]*?\*\//y],
  ["text", /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y],
  ["number", /\.?\d(?:[eE][+-]|[\w.])*/y],
  ["word", /#?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy],
];
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** A literal part of a template, up to its end or to `${`. */
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{)/y;

/**
 * Splits TypeScript into tokens, so that a check can tell code from comments and strings. Brackets
 * are marks of one character each; the expressions in a template are tokens like any other.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** For each open template, how many braces are open in its current expression. */
  const templates: number[] = [];
  let [at, line] = [0, 1];
  const push = (kind: Token["kind"], text: string, length: number): void => {
    tokens.push({ kind, text, line });
    line += source.slice(at, at + length).split("\n").length - 1;
    at += length;
  };
  const template = (): void => {
    TEMPLATE.lastIndex = at;
    const found = TEMPLATE.exec(source)?.[0] ?? source.slice(at);
    const opens = found.endsWith("${");
    push("text", found.slice(0, opens ? -2 : -1), Math.max(found.length, 1));
    if (opens) templates.push(0);
  };
  while (at < source.length) {
    const char = source[at]!;
    if (/\s/.test(char)) {
      if (char === "\n") line++;
      at++;
      continue;
    }
    const found = match(source, at, tokens);
    if (found) {
      const [kind, text] = found;
      push(kind, kind === "text" ? text.slice(1, -1) : text, text.length);
    } else if (char === "`") {
      at++;
      template();
    } else if (char === "}" && templates.at(-1) === 0) {
      templates.pop();
      at++;
      template();
    } else {
      if (templates.length > 0 && char === "{") templates[templates.length - 1]!++;
      if (templates.length > 0 && char === "}") templates[templates.length - 1]!--;
      push("mark", char, 1);
    }
  }
  return tokens;
}

function match(
  source: string,
  at: number,
  tokens: Token[],
): [kind: Token["kind"], text: string] | undefined {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) return [kind, found[0]];
  }
  if (source[at] !== "/" || !mayBeginRegex(tokens)) return undefined;
  REGEX.lastIndex = at;
  const found = REGEX.exec(source);
  return found ? ["regex", found[0]] : undefined;
}

function mayBeginRegex(tokens: Token[]): boolean {
  const last = tokens.findLast(({ kind }) => kind !== "comment");
  if (last === undefined) return true;
  if (last.kind === "word") return KEYWORDS_BEFORE_REGEX.test(last.text);
  return last.kind === "mark" && !BEFORE_DIVISION.test(last.text);
}
