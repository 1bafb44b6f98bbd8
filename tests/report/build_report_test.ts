import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { analyseRun } from "../../lib/report/analyse_run.ts";
import { buildReport } from "../../lib/report/build_report.ts";
import { readRun } from "../../lib/train/run/read_run.ts";
import { tinyRun } from "../support/tiny_run.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const SECTIONS = ["results", "training", "classes", "confusion", "discriminator", "calibration"]
  .concat("pictures", "warnings", "config", "environment");

describe("buildReport()", () => {
  test("buildReport() has every section, escapes names and loads nothing", async () => {
    const path = await tinyRun(temporaryFolder(), "train.maxSteps=6");
    const run = await readRun(path, `<script>"x"`);
    const analysed = [{ name: run.name, analysis: await analyseRun(path) }];
    const { html, figures } = buildReport({
      title: "a & b",
      runs: [run],
      analysed,
      pictures: [],
      sweeps: [],
    });
    for (const id of SECTIONS) assert.ok(html.includes(`<section id="${id}">`), id);
    assert.ok(html.includes("a &#38; b"));
    assert.ok(!html.includes(`<script>"x"`));
    assert.deepEqual(html.match(/https?:\/\/(?!www\.w3\.org\/)/g), null);
    assert.equal(new Set(figures.map(({ name }) => name)).size, figures.length);
    assert.throws(
      () => buildReport({ title: "t", runs: [], analysed: [], pictures: [], sweeps: [] }),
      /no run has begun/,
    );
  });

  test("buildReport() tells what differs between configurations", async () => {
    const one = await readRun(
      await tinyRun(temporaryFolder(), "train.maxSteps=1", "optimizer.lr=0.125"),
      "one",
    );
    const two = await readRun(
      await tinyRun(temporaryFolder(), "train.maxSteps=1", "optimizer.lr=0.25"),
      "two",
    );
    const content = { title: "t", analysed: [], pictures: [], sweeps: [] };
    const { html } = buildReport({ ...content, runs: [one, two] });
    assert.match(html, /<th>optimizer\.lr<\/th>/);
    assert.match(html, /<td>one<\/td>\s*<td>0\.125<\/td>/);
    assert.match(html, /<td>two<\/td>\s*<td>0\.25<\/td>/);
    assert.doesNotMatch(html, /<th>train\.epochs<\/th>/);
  });
});
