import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "../../../cli/ui/progress.ts";
import { recordedStream } from "../../support/cli_terminal.ts";

test("Progress.update() writes a line every ten seconds into a log", () => {
  const stream = recordedStream();
  let time = 0;
  const progress = new Progress(stream, { now: () => time });
  for (time = 0; time <= 25_000; time += 1000) progress.update(`at ${time}`);
  progress.clear();
  assert.equal(stream.text, "at 10000\nat 20000\n");
});

test("Progress.print() rewrites one line on a terminal and keeps it below what stays", () => {
  const stream = recordedStream(true);
  stream.columns = 9;
  const progress = new Progress(stream);
  progress.update("step 1 of 2");
  progress.print("epoch 1");
  progress.clear();
  const clear = "\r\x1b[2K";
  assert.equal(stream.text, `${clear}step 1 o${clear}epoch 1\n${clear}step 1 o${clear}`);
});
