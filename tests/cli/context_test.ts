import assert from "node:assert/strict";
import { test } from "node:test";
import { humanStream, warn, writeJson } from "../../cli/context.ts";
import { recordedStream } from "../support/cli_terminal.ts";

test("humanStream() leaves stdout to the JSON, to which warn() never writes", () => {
  const terminal = { out: recordedStream(), err: recordedStream() };
  const context = { terminal, signal: new AbortController().signal };
  assert.equal(humanStream(context, true), terminal.err);
  assert.equal(humanStream(context, undefined), terminal.out);
  writeJson(context, { ok: true });
  warn(context, "slow");
  assert.equal(terminal.out.text, '{"ok":true}\n');
  assert.equal(terminal.err.text, "warning: slow\n");
});
