import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Grid, parseGrid } from "../../lib/sweep/grid.ts";

function parse(text: string): Grid {
  return parseGrid(text, "grid.yaml");
}

describe("parseGrid()", () => {
  test("parseGrid() reads axes, trials, seeds and baseline with their places", () => {
    const grid = parse(`preset: fixtures
set:
  train: { epochs: 3 }
  data.crop: [32, 32]
seeds: [4, 7]
axes:
  adversarial.tg: [0.5, 2]
trials:
  - { name: own, optimizer.weightDecay: 5e-4 }
baseline:
  adversarial.enabled: false
score: best
`);
    assert.deepEqual(grid.set.map(({ key, value, where }) => [key, value, where]), [
      ["train.epochs", 3, "grid.yaml:3:12"],
      ["data.crop", [32, 32], "grid.yaml:4:3"],
    ]);
    assert.deepEqual(grid.seeds, [4, 7]);
    assert.deepEqual(grid.axes[0]!.values.map(({ where }) => where), [
      "grid.yaml:7:20",
      "grid.yaml:7:25",
    ]);
    assert.equal(grid.trials[0]!.name, "own");
    assert.equal(grid.trials[0]!.settings[0]!.value, 5e-4);
    assert.equal(grid.baseline!.where, "grid.yaml:11:3");
    assert.equal(grid.score, "best");
    assert.equal(grid.name, "grid");
  });

  const faults: [what: string, text: string, message: RegExp][] = [
    [
      "an unknown key",
      "seedz: 3\naxes: {seed: [1]}",
      /^grid\.yaml:1:1: unknown key seedz; did you mean seeds/,
    ],
    ["an empty axis", "axes:\n  optimizer.lr: []\n", /^grid\.yaml:2:17: optimizer\.lr is empty/],
    ["an axis that is no list", "axes:\n  optimizer.lr: 3\n", /^grid\.yaml:2:17: expected a list/],
    [
      "a seed twice",
      "seeds: [1, 2, 1]\naxes: {a: [1]}",
      /^grid\.yaml:1:15: seed 1 is listed twice/,
    ],
    ["a seed that is no number", "seeds: [one]\naxes: {a: [1]}", /^grid\.yaml:1:9: .*got "one"/],
    ["no seeds", "seeds: 0\naxes: {a: [1]}", /^grid\.yaml:1:8: expected a number of seeds/],
    ["another score", "score: first\naxes: {a: [1]}", /^grid\.yaml:1:8: expected last or best/],
    ["a preset that is no text", "preset: 3\naxes: {a: [1]}", /^grid\.yaml:1:9: expected a text/],
    ["a list where a map belongs", "- 1\n", /^grid\.yaml: expected keys and values/],
    ["broken YAML", "axes: [\n", /^grid\.yaml:\d+:\d+: /],
    ["the same key twice", "seeds: 1\nseeds: 2\n", /^grid\.yaml:2:1: Map keys must be unique/],
    ["nothing to run", "preset: fixtures\n", /^grid\.yaml: nothing to run/],
  ];
  for (const [what, text, message] of faults) {
    test(`parseGrid() refuses ${what} by file and line`, () => {
      assert.throws(() => parse(text), { name: "ConfigError", message });
    });
  }
});
