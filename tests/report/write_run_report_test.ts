import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { writeRunReport } from "../../lib/report/write_run_report.ts";
import { tinyRun } from "../support/tiny_run.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("writeRunReport()", () => {
  test("writeRunReport() writes a page and a picture into the run, the same ones again", async () => {
    const run = await tinyRun(temporaryFolder(), "train.maxSteps=1");
    const before = await readdir(run);
    const files = await writeRunReport(run);
    assert.deepEqual(files, {
      report: join(run, "report.html"),
      predictions: join(run, "predictions.png"),
    });
    const page = await readFile(files.report, "utf8");
    assert.match(page, /<h1>run<\/h1>/);
    assert.match(page, /class="pictures"/);
    const png = await readFile(files.predictions);
    assert.equal(decodePng(png, { file: files.predictions }).channels, 3);

    await writeRunReport(run);
    assert.equal(await readFile(files.report, "utf8"), page);
    assert.deepEqual(await readFile(files.predictions), png);
    assert.deepEqual(
      (await readdir(run)).sort(),
      [...before, "predictions.png", "report.html"].sort(),
    );
  });

  test("writeRunReport() leaves no part of a file where it cannot write, and the run as it is", async () => {
    const run = await tinyRun(temporaryFolder(), "train.maxSteps=1");
    const before = await readdir(run);
    await mkdir(join(run, "predictions.png"));
    await assert.rejects(writeRunReport(run), /Cannot write .*predictions\.png: .*in the way/);
    await rm(join(run, "predictions.png"), { recursive: true });
    assert.deepEqual(await readdir(run), before);
  });

  test("writeRunReport() ends with the signal's reason", async () => {
    const run = await tinyRun(temporaryFolder(), "train.maxSteps=1");
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(writeRunReport(run, { signal }), /enough/);
    await assert.rejects(writeRunReport(join(run, "no")), /there is no events\.jsonl/);
  });
});
