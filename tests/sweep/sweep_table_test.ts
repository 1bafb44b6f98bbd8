import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatSweepTable } from "../../lib/sweep/format_sweep_table.ts";
import type { MeanRule } from "../../lib/metrics/scores.ts";
import type { SweepPlan } from "../../lib/sweep/plan_sweep.ts";
import type { TrialResult } from "../../lib/sweep/sweep_folder.ts";
import { sweepTable, type SweepTableOptions } from "../../lib/sweep/sweep_table.ts";

/** Scores of two conditions by seed; `null` for a run that diverged. */
function sweepOf(
  scores: { base: number[]; ours: (number | null)[] },
  { ours = ["sky", "road"], meanOver = "union", ...options }: SweepTableOptions & {
    /** Classes and rule of the trial that is not the baseline. */
    ours?: string[];
    meanOver?: MeanRule;
  } = {},
) {
  const namesOf = (id: string): string[] => id === "ours" ? ours : ["sky", "road"];
  const seeds = scores.base.map((_, i) => i + 1);
  const condition = (id: string, isBaseline: boolean) => ({
    id,
    name: id === "ours" ? "ours | <b>" : id,
    isBaseline,
    settings: {},
    published: id === "ours" ? { pAcc: 92.9, mIoU: 69.82 } : { pAcc: 92.51, mIoU: 68.14 },
  });
  const ids = (["base", "ours"] as const).flatMap((id) => seeds.map((seed) => ({ id, seed })));
  const plan: SweepPlan = {
    name: "test",
    score: "last",
    seeds,
    conditions: [condition("base", true), condition("ours", false)],
    trials: ids.map(({ id, seed }, index) => ({
      index,
      id: `${id}-s${seed}`,
      condition: id,
      seed,
    })),
  };
  const results = new Map(ids.flatMap(({ id, seed }) => {
    const mIoU = scores[id][seed - 1];
    if (mIoU === undefined) return [];
    const classes = namesOf(id).map((name) => ({ name, iou: mIoU, accuracy: mIoU, pixels: 9 }));
    const last = mIoU === null
      ? null
      : { pAcc: mIoU + 0.1, mIoU, meanOver: id === "ours" ? meanOver : "union", classes };
    const result = {
      id: `${id}-s${seed}`,
      seed,
      reason: mIoU === null ? "non-finite" : "finished",
      last,
      best: last,
      secondsPerEpoch: seed * 60,
      parameters: { segmentation: 134_475_647, discriminator: id === "ours" ? 2_786_753 : 0 },
    } as unknown as TrialResult;
    return [[result.id, result] as const];
  }));
  return sweepTable(plan, results, options);
}

describe("sweepTable()", () => {
  test("sweepTable() pairs equal seeds and leaves out those that one side lacks", () => {
    const { rows } = sweepOf({ base: [0.5, 0.6, 0.7], ours: [0.6, null, 0.8] });
    assert.deepEqual(rows[1]!.seeds, [1, 3]);
    assert.deepEqual(rows[1]!.diverged, [2]);
    assert.equal(rows[1]!.difference!.n, 2);
    assert.ok(Math.abs(rows[1]!.difference!.mean - 0.1) < 1e-12);
    assert.match(rows[1]!.reading!, /^Too few seeds/);
    assert.equal(rows[0]!.difference, null);
    assert.equal(rows[0]!.secondsPerEpoch, 120);
    assert.deepEqual(rows[1]!.pairs.map(({ seed }) => seed), [1, 3]);
    assert.equal(rows[1]!.publishedDifference!.toFixed(2), "1.68");
  });

  test("sweepTable() compares with any named trial of the sweep, and refuses others", () => {
    const scores = { base: [0.5, 0.6], ours: [0.6, 0.8] };
    const table = sweepOf(scores, { against: "ours | <b>" });
    assert.equal(table.reference, "ours | <b>");
    assert.deepEqual(table.rows.map(({ isReference }) => isReference), [false, true]);
    assert.ok(Math.abs(table.rows[0]!.difference!.mean + 0.15) < 1e-12);
    assert.match(formatSweepTable(table, "md"), /Δ mIoU to ours \\\| <b> \[95 %\]/);
    assert.throws(
      () => sweepOf(scores, { against: "theirs" }),
      /Cannot compare test with "theirs": its trials are "base", "ours \| <b>"/,
    );
  });

  test("sweepTable() matches the trials' classes by name, and refuses others with both lists", () => {
    const scores = { base: [0.5], ours: [0.6] };
    assert.deepEqual(sweepOf(scores, { ours: ["road", "sky"] }).notes, []);
    assert.throws(() => sweepOf(scores, { ours: ["road", "bus"] }), {
      name: "ClassMismatchError",
      message: /ours.*has the classes road, bus, the trial "base, seed 1" has sky, road: only/,
    });
  });

  test("sweepTable() says where trials were scored by different rules", () => {
    const table = sweepOf({ base: [0.5], ours: [0.6] }, { meanOver: "truth" });
    assert.match(
      formatSweepTable(table, "md"),
      /different rules[^]*base, seed 1: mean over the 2 of 2 classes in truth or prediction[^]*ours.*: mean over the 2 of 2 classes in the truth/,
    );
  });

  test("sweepTable() has a row for what has not run", () => {
    const { rows, finished, trials } = sweepOf({ base: [0.5, 0.6], ours: [] });
    assert.deepEqual([finished, trials], [2, 4]);
    assert.equal(rows[1]!.mIoU, null);
    assert.equal(rows[1]!.difference, null);
  });
});

describe("formatSweepTable()", () => {
  const six = [0.5, 0.51, 0.52, 0.49, 0.5, 0.505];
  const table = sweepOf({ base: six, ours: six.map((v, i) => v + 0.01 + i / 1000) });

  test("formatSweepTable() writes Markdown with interval, both tests and published numbers", () => {
    const text = formatSweepTable(table, "md");
    assert.match(
      text,
      /\| ours \\\| <b> \| 6 \| 61\.67 ± 1\.00 \| 51\.67 ± 1\.00 \| \+1\.25 \[\+1\.05, \+1\.45\] \| 0\.031 \/ 0\.031 \| 92\.90\/69\.82 \(\+1\.68\) \|/,
    );
    assert.match(text, /Better than the baseline by 1\.3 points \(p = 0\.031, 6 seeds\)/);
    assert.match(text, /base \(baseline\)/);
  });

  test("formatSweepTable() writes CSV with all digits, quoted where needed", () => {
    const lines = formatSweepTable(table, "csv").trim().split("\n");
    const cells = lines.map((line) => line.split(","));
    assert.deepEqual(cells.map(([first]) => first), ["sweep", "test", "test"]);
    assert.ok(cells.every((row) => row.length === cells[0]!.length));
    assert.equal(Number(cells[2]![cells[0]!.indexOf("p_permutation")]), 2 / 64);
    assert.equal(cells[2]![cells[0]!.indexOf("published_miou")], "69.82");
  });

  test("formatSweepTable() escapes HTML", () => {
    const text = formatSweepTable(table, "html");
    assert.match(text, /ours \| &#60;b&#62;/);
    assert.doesNotMatch(text, /<b>/);
  });

  test("formatSweepTable() shows what Table 4-8 shows where asked", () => {
    const text = formatSweepTable(table, "md", { cost: true });
    assert.match(text, /\| base \| 134,475,647 \| 0 \| 4 min \|/);
    assert.match(text, /\| 134,475,647 \| 2,786,753 \| 4 min \|/);
    assert.doesNotMatch(text, /mIoU/);
  });

  test("formatSweepTable() says what is missing", () => {
    const partial = formatSweepTable(sweepOf({ base: [0.5, 0.6], ours: [null] }), "md");
    assert.match(partial, /3 of 4 trials have finished/);
    assert.match(partial, /the loss was no number with seed 1/);
  });
});
