import assert from "node:assert/strict";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stepsCsv, validationsCsv } from "../../lib/report/csv.ts";
import { openSink } from "../../lib/report/open_sink.ts";
import { parseEvents, readRun } from "../../lib/report/read_run.ts";
import { tinyRun } from "./_runs.ts";

test("openSink writes live, and over an interruption, what a finished run's events give", async () => {
  const path = await tinyRun();
  const run = await readRun(path);
  const folder = await mkdtemp(join(tmpdir(), "segadv-csv-"));
  const events = parseEvents(await readFile(join(path, "events.jsonl"), "utf8"));
  const first = openSink("csv", folder);
  for (const event of events.slice(0, 9)) first.write(event);
  const second = openSink("csv", folder); // as after an interruption
  for (const event of events.slice(9)) second.write(event);
  assert.equal(await readFile(join(folder, "steps.csv"), "utf8"), stepsCsv(run));
  assert.equal(await readFile(join(folder, "validations.csv"), "utf8"), validationsCsv(run));
});
