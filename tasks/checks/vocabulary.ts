/**
 * The field's terms instead of private ones: finds words that this project used to have for what
 * the literature has a name for. `deno run -A tasks/checks/vocabulary.ts [path…]` checks some files
 * or folders only.
 */
import process from "node:process";
import { tokenize } from "./tokens.ts";
import { type Problem, readTree, textOf, type TreeFile } from "./tree.ts";

/** A private term and the standard one. */
interface Term {
  use: string;
  /** English words that are found in any text, and as a part of any identifier. */
  words?: string;
  /** Identifiers that are found in code, in quotes and in backticks, but not in prose. */
  names?: string;
  /** Text that is found anywhere; a blank stands for any white space. */
  phrases?: string;
  /** The only paths where `names` are meant, where a name is an ordinary word elsewhere. */
  within?: RegExp;
}

/** Paths where a name is a private term, though it is an ordinary word elsewhere. */
const STEP = /^(tests|lib)\/(train|losses)\//;
const GAN_STATES = /^(tests\/|lib\/)(train|losses|report)\/|\.md$/;

const TERMS: Term[] = [
  { use: "Networks, Trainable", words: "player players" },
  {
    use: "Discriminator state",
    names: "adversary adversaries Adversary \\w*Adversary",
    within: STEP,
  },
  { use: "adversarial loss, GanMonitor", words: "game games" },
  {
    use: "adversarialStep",
    names: "play plays played",
    phrases: "plays? the|played by",
    within: STEP,
  },
  {
    use: "discriminator forward, loss or diagnosis",
    words: "judge judges judged judging judgement judgements referee referees verdict verdicts",
  },
  { use: "inputs", names: "Scene scene", within: STEP },
  { use: "discriminatorLoss, generatorLoss", names: "ask asks asked ask[A-Z]\\w*", within: STEP },
  { use: "discriminator forward", names: "look looks lookAt\\w*", within: STEP },
  { use: "accuracy", names: "right", within: STEP },
  { use: "CheckpointManager", names: "Keeper keeper \\w*Keeper" },
  { use: "EventLogger", names: "Reporter \\w*Reporter" },
  { use: "sinks", words: "audience audiences" },
  { use: "logged", words: "told" },
  { use: "log, notify", names: "tell tells tell[A-Z]\\w*" },
  { use: "LossBuffer", names: "Meter MeterEntry MeterReading createMeter" },
  { use: "StepMetrics", names: "Reading \\w+Reading readings", within: STEP },
  { use: "sink options", names: "Company company Wishes wishes" },
  {
    use: "saturated, collapsed, notLearning, balanced",
    names: "won lost idle",
    phrases: "D (has|had) (won|lost|broken)|is idle:",
    within: GAN_STATES,
  },
  {
    use: "balanced",
    phrases: '(?<=State[^\\n]*|return |case |\\? |: |= )"open"',
    within: GAN_STATES,
  },
  { use: "LayerBuilder, build", words: "kit kits" },
  { use: "exported graph", words: "twin twins" },
  { use: "architecture options", words: "recipe recipes" },
  { use: "learning-rate scale", words: "caution cautions cautious" },
  { use: "valid mask", names: "locationMap \\w*LocationMap", phrases: "location[- ]maps?" },
  { use: "gradient checkpointing", names: "recompute recomputed recomputes \\w*Recompute\\w*" },
  {
    use: "gradient accumulation, micro-batches",
    names: "accumulate partsOf",
    within: /(config|train|cli)\/|\.md$/,
  },
  { use: "float16 storage", words: "halves" },
  { use: "toFloat32", words: "widen widens widened widening" },
  { use: "input provenance", names: "Origins? origins \\w+Origins" },
  { use: "condition", words: "arm arms" },
  { use: "configFingerprint", names: "meaningOf \\w*Meaning" },
  { use: "keys that do not affect the result", names: "SILENT INDIFFERENT" },
  // Data sets have a class of that name
  { use: "repository checks", words: "house houses", within: /^(?!lib\/data\/)/ },
  {
    use: "module",
    names: "Room Rooms ROOMS roomOf rooms",
    phrases: "rooms|(only|configuration|this|that) room",
  },
  { use: "extension point", words: "seam seams" },
  { use: "fault tests, subject", words: "torture tortures tortured victim victims" },
  { use: "summary", words: "tally tallies tallied" },
  {
    use: "interleaved",
    names: "turns? TURNS \\w+Turns?",
    phrases: "in turns|by turns|take turns",
    within: /bench/i,
  },
  {
    use: "backends",
    names: "sides \\w+Sides \\w+_sides",
    phrases: "sides of a row",
    within: /^(tests\/)?bench\/|BENCHMARKS/,
  },
  { use: "inference options", phrases: "images are seen|of a view|one view|another view" },
  {
    use: "inference options",
    names: "views? viewOf View View[A-Z]\\w*",
    within: /^(tests\/|lib\/)?(models|train|cli)\//,
  },
  { use: "bit-identical", phrases: "(the )?same bits|(say|tell) in the bits" },
  { use: "silently", phrases: "without a word" },
  { use: "affects", phrases: "(has|have|had|with|without) a say" },
  { use: "takes as input", phrases: "(network|model|net|discriminator|D|G) (sees|looks at)" },
  { use: "unused gradient", phrases: "nobody asks|no ?one asks|is asked for by" },
];

/** What is no word of ours: names of other projects, and data in base64. */
const FOREIGN = /AppleWebKit|WebKit|[A-Za-z0-9+/=]{60,}/g;

const TEXT = /\.(ts|md|py|sh|json|snap|ya?ml|c|txt|toml|cff)$/;
/** CHANGELOG.md repeats titles of commits, which stay as they were. */
const EXCLUDED =
  /^(fixtures|node_modules|CHANGELOG\.md$|\.)|(^|\/)(deno|bun|package-lock)\.(lock|json)$|\/built\/|_(base64|embedded)\.ts$|(^|\/)(vocabulary)(_test)?\.ts$/;

/** Finds private terms in code, comments, documents and names of files. */
export function checkVocabulary(files: TreeFile[]): Problem[] {
  return files.filter(({ path }) => TEXT.test(path) && !EXCLUDED.test(path)).flatMap((file) => {
    const source = (textOf(file) ?? "").replace(FOREIGN, (text) => "x".repeat(text.length));
    const code = COMPILED.some(({ names }) => names) ? namesOf(file.path, source) : [];
    const found = COMPILED.flatMap((term) => findTerm(term, { path: file.path, source, code }));
    return found.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  });
}

interface Name {
  text: string;
  line: number;
}

const COMPILED = TERMS.map(({ use, words, names, phrases, within }) => ({
  use,
  within,
  text: [
    ...words === undefined ? [] : words.split(" ").map(wordPattern),
    ...phrases === undefined
      ? []
      : [`(?<![A-Za-z])(?:${phrases.replaceAll(" ", "(?:\\s|\\*|//)+")})(?![A-Za-z])`],
  ].map((pattern) => new RegExp(pattern, "g")),
  names: names === undefined ? null : new RegExp(`^(?:${names.replaceAll(" ", "|")})$`),
  paths: words === undefined ? null : new RegExp(words.split(" ").map(wordPattern).join("|")),
}));

/** A word on its own or as a part of a camelCase, PascalCase or snake_case identifier. */
function wordPattern(word: string): string {
  const capital = word[0]!.toUpperCase() + word.slice(1);
  return `(?<![A-Za-z])${word}(?![a-z0-9])|${capital}(?![a-z0-9])|` +
    `(?<![A-Za-z])${word.toUpperCase()}(?![A-Za-z0-9])`;
}

function findTerm(
  { use, within, text, names, paths }: typeof COMPILED[number],
  { path, source, code }: { path: string; source: string; code: Name[] },
): Problem[] {
  if (within && !within.test(path)) return [];
  const hits = [
    ...text.flatMap((pattern) => [...source.matchAll(pattern)]).map((found) => ({
      text: found[0].replace(/[\s*/]+/g, " "),
      line: source.slice(0, found.index).split("\n").length,
    })),
    ...names === null ? [] : code.filter((name) => names.test(name.text)),
  ];
  const problems: Problem[] = hits.map((hit) => ({
    path,
    line: hit.line,
    message: `${hit.text.replaceAll('"', "")}: use ${use}`,
  }));
  const named = paths?.exec(path)?.[0];
  if (named) problems.push({ path, message: `${named} in the path: use ${use}` });
  return problems;
}

/** Identifiers of a file: those of its code, whole strings, keys in strings, and backticked words. */
function namesOf(path: string, source: string): Name[] {
  if (!path.endsWith(".ts")) {
    return path.endsWith(".md") ? quotedNames(source, 1) : wordsOf(source, 1);
  }
  return tokenize(source).flatMap(({ kind, text, line }): Name[] => {
    if (kind === "word") return [{ text, line }];
    if (kind === "text") return keysOf(text, line);
    return kind === "comment" ? quotedNames(text, line) : [];
  });
}

/** Identifiers in the backticks and fenced blocks of a text. */
function quotedNames(text: string, line: number): Name[] {
  return [...text.matchAll(/`{3}[^]*?`{3}|`[^`\n]+`/g)].flatMap((found) =>
    keysOf(
      found[0].replace(/^`+|`+$/g, ""),
      line + text.slice(0, found.index).split("\n").length - 1,
    )
  );
}

/** Identifiers that a text is, or that it names as a key: `a.b`, `b=1`, `b: 1`, `--b`, `b()`. */
function keysOf(text: string, line: number): Name[] {
  const pattern = /(?<=^|\.|--)[A-Za-z_]\w*(?=$|[.=:(])|[A-Za-z_]\w*(?=[=:(]\S|: ?[\w"[{])/g;
  return [...text.matchAll(pattern)].map((found) => ({
    text: found[0],
    line: line + text.slice(0, found.index).split("\n").length - 1,
  }));
}

function wordsOf(text: string, line: number): Name[] {
  return text.split("\n").flatMap((words, index) =>
    (words.replace(/#.*$/, "").match(/[A-Za-z_]\w*/g) ?? []).map((word) => ({
      text: word,
      line: line + index,
    }))
  );
}

if (import.meta.main) {
  const paths = process.argv.slice(2).map((path) => path.replace(/^\.\/|\/$/g, ""));
  const files = (await readTree(process.cwd())).filter(({ path }) =>
    paths.length === 0 || paths.some((start) => path === start || path.startsWith(`${start}/`))
  );
  const problems = checkVocabulary(files);
  for (const { path, line, message } of problems) {
    console.log(`${path}${line ? `:${line}` : ""} ${message}`);
  }
  console.log(`vocabulary: ${problems.length} private terms in ${files.length} files`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
