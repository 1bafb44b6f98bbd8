import assert from "node:assert/strict";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  parseEvents,
  readRun,
  recordOf,
  secondsPerEpoch,
} from "../../../lib/train/run/read_run.ts";
import { tinyRun } from "../../support/tiny_run.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("readRun()", () => {
  test("readRun() sorts a run's events by kind and passes over a torn line", async () => {
    const path = await tinyRun(temporaryFolder());
    await appendFile(join(path, "events.jsonl"), '{"type":"step","st');
    const run = await readRun(path, "tiny");
    assert.equal(run.name, "tiny");
    assert.equal(run.steps.length, run.start.totalSteps);
    assert.deepEqual(run.validations.map(({ epoch }) => epoch), [1, 2]);
    assert.equal(run.end!.reason, "finished");
    assert.ok(secondsPerEpoch(run)! > 0);
  });

  test("readRun() counts steps once that were repeated after an interruption", async () => {
    const events = parseEvents(
      await readFile(join(await tinyRun(temporaryFolder()), "events.jsonl"), "utf8"),
    );
    const options = { path: "p", name: "n" };
    const again = recordOf([...events.slice(0, 6), ...events], options);
    const whole = recordOf(events, options);
    assert.deepEqual(again.steps.map(({ step }) => step), whole.steps.map(({ step }) => step));
    assert.equal(recordOf(events.slice(0, 6), options).end, null);
  });

  test("readRun() refuses a folder without a run", async () => {
    const empty = temporaryFolder();
    await assert.rejects(readRun(empty), /there is no events\.jsonl/);
    assert.throws(() => recordOf([], { path: "p", name: "n" }), /the run has not begun/);
  });
});
