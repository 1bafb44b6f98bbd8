import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { shellWord } from "../../lib/util/shell.ts";

const words = [
  "a b",
  "Größe",
  "Anna's",
  "$HOME",
  '"',
  "`id`",
  "a\\b",
  "",
  "*",
  "a;b",
  "~",
  "-x",
  "runs/a",
];

test("shellWord() quotes what a shell would change, and leaves plain paths alone", () => {
  assert.equal(shellWord("runs/fixtures-20261122-165102"), "runs/fixtures-20261122-165102");
  assert.equal(shellWord("my run"), "'my run'");
  assert.equal(shellWord("Größe"), "'Größe'");
});

test("shellWord() gives words that a shell reads back as they were", {
  skip: process.platform === "win32",
}, () => {
  for (const word of words) {
    assert.equal(execFileSync("sh", ["-c", `printf %s ${shellWord(word)}`]).toString(), word);
  }
});
