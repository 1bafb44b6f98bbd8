import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { stepsCsv, validationsCsv } from "../../../lib/report/sinks/csv.ts";
import { openSink, sinks } from "../../../lib/report/sinks/registry.ts";
import { parseEvents, readRun } from "../../../lib/train/run/read_run.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import { train } from "../../../lib/train/run/train.ts";
import { tinyRun } from "../../support/tiny_run.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { config } from "../../support/config.ts";

const temporaryFolder = temporaryFolders();

test("openSink() writes live, and over an interruption, what a finished run's events give", async () => {
  const path = await tinyRun(temporaryFolder());
  const run = await readRun(path);
  const folder = temporaryFolder();
  const events = parseEvents(await readFile(join(path, "events.jsonl"), "utf8"));
  const first = openSink("csv", folder);
  for (const event of events.slice(0, 9)) first.write(event);
  const second = openSink("csv", folder); // as after an interruption
  for (const event of events.slice(9)) second.write(event);
  assert.equal(await readFile(join(folder, "steps.csv"), "utf8"), stepsCsv(run));
  assert.equal(await readFile(join(folder, "validations.csv"), "utf8"), validationsCsv(run));
});

test("openSink() has each step once after a run was cut down and resumed", async () => {
  const out = join(temporaryFolder(), "run");
  const overrides = ["train.epochs=2", "validation.every=1", "checkpoint.everySteps=4"];
  const wanted = await config(...overrides);
  const listen = (last: number) => {
    const sinks: ReturnType<typeof openSink>[] = [];
    return (event: Parameters<ReturnType<typeof openSink>["write"]>[0]) => {
      if (sinks.length === 0) sinks.push(openSink("csv", out), openSink("tensorboard", out));
      for (const sink of sinks) sink.write(event);
      if (event.type === "step" && event.step === last) throw new Error("killed here");
    };
  };
  await assert.rejects(train(wanted, { out, onEvent: listen(7) }), /killed here/);
  assert.match(await readFile(join(out, "steps.csv"), "utf8"), /\n7,/);
  await appendFile(join(out, "steps.csv"), "8,1,176"); // a row that was being written
  await resumeTraining(out, { onEvent: listen(Infinity) });

  const run = await readRun(out);
  assert.equal(await readFile(join(out, "steps.csv"), "utf8"), stepsCsv(run));
  assert.equal(await readFile(join(out, "validations.csv"), "utf8"), validationsCsv(run));
  const [, second] = (await readdir(join(out, "tensorboard"))).sort();
  const bytes = await readFile(join(out, "tensorboard", second!));
  // step 5 and later are to be forgotten: field 2 (step) is 5, field 7 (session log) is START
  assert.ok(bytes.includes(Buffer.from([2 << 3, 5, (7 << 3) | 2, 2, 1 << 3, 1])));
});

test("openSink() refuses an unknown name and says which there are", () => {
  assert.deepEqual(sinks.names, ["tensorboard", "csv"]);
  assert.throws(() => openSink("cvs", "."), {
    name: "RangeError",
    message:
      'Cannot find sink "cvs": expected one of tensorboard, csv, got "cvs"; did you mean csv?',
  });
});

test("openSink() begins anew where a run does, in the folder of one that had no checkpoint", async () => {
  const path = await tinyRun(temporaryFolder());
  const folder = temporaryFolder();
  const events = parseEvents(await readFile(join(path, "events.jsonl"), "utf8"));
  const first = openSink("csv", folder);
  for (const event of events.slice(0, 9)) first.write(event);
  const second = openSink("csv", folder);
  for (const event of events) second.write(event);
  assert.equal(await readFile(join(folder, "steps.csv"), "utf8"), stepsCsv(await readRun(path)));
});
