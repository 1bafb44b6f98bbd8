import assert from "node:assert/strict";
import { test } from "node:test";
import { checkVocabulary } from "../../tasks/checks/vocabulary.ts";
import { treeOf } from "./_tree_file.ts";

function found(path: string, text: string): string[] {
  return checkVocabulary(treeOf({ [path]: text })).map(({ line, message }) => `${line} ${message}`);
}

test("checkVocabulary() finds a private term in code, comments, strings, documents and paths", () => {
  const use = "use adversarial loss, GanMonitor";
  assert.deepEqual(found("lib/a.ts", "\nconst playGame = 1;"), [`2 Game: ${use}`]);
  assert.deepEqual(found("lib/a.ts", "// the games\n"), [`1 games: ${use}`]);
  assert.deepEqual(found("cli/a.ts", 'f("--game")'), [`1 game: ${use}`]);
  assert.deepEqual(found("README.md", "a\nb game c"), [`2 game: ${use}`]);
  assert.deepEqual(found("tests/torture/a.ts", ""), [
    "undefined torture in the path: use fault tests, subject",
  ]);
});

test("checkVocabulary() finds phrases over the end of a line of a comment", () => {
  const text = "/**\n * Trains to the same\n * bits as before.\n */";
  assert.deepEqual(found("lib/a.ts", text), ["2 the same bits: use bit-identical"]);
});

test("checkVocabulary() leaves ordinary English alone", () => {
  const text =
    "/** It accumulates, is asked to accumulate, sees both sides, opens right in turn. */";
  assert.deepEqual(found("lib/config/a.ts", text), []);
  assert.deepEqual(found("lib/util/a.ts", "const armed = 1, toolkit = 2, playerless = 3;"), []);
  assert.deepEqual(found("lib/data/a.ts", "const view = new DataView(bytes); // AppleWebKit"), []);
});

test("checkVocabulary() finds identifiers in code, keys and backticks where they are meant", () => {
  const use = "use gradient accumulation, micro-batches";
  const key = ["train", "accumulate"].join(".");
  const expected = [`1 accumulate: ${use}`];
  assert.deepEqual(found("lib/train/a.ts", `config.${key}`), expected);
  assert.deepEqual(found("lib/train/a.ts", `f("${key}=4")`), expected);
  assert.deepEqual(found("README.md", `see \`${key}\``), expected);
  assert.deepEqual(found("lib/metrics/a.ts", "accumulate(sum)"), []);
});

test("checkVocabulary() finds every term of the list", () => {
  const terms: [path: string, text: string][] = [
    [
      "lib/train/a.ts",
      "Players Player Adversary playGame ask judge Scene referee judgement lookAt",
    ],
    ["lib/train/a.ts", "right verdict Keeper Reporter Audience told Meter Reading Company Wishes"],
    ["lib/train/a.ts", "GameWatch won lost idle partsOf"],
    ["lib/models/a.ts", "kit twin recipe caution locationMap recompute halves widen view"],
    ["lib/sweep/a.ts", "Origins arm meaningOf SILENT INDIFFERENT"],
    ["bench/a.ts", "house roomOf seam torture victim tally turns sides"],
  ];
  for (const [path, words] of terms) {
    for (const word of words.split(" ")) assert.notDeepEqual(found(path, word), [], word);
  }
  const phrases = ["how images are seen", "without a word", "has a say in", "the network sees it"];
  for (const phrase of phrases) assert.notDeepEqual(found("README.md", phrase), [], phrase);
});
