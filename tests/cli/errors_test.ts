import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../lib/config/config_error.ts";
import { Exit, reportError, UsageError } from "../../cli/errors.ts";
import { recordedStream } from "../support/cli_terminal.ts";

test("reportError() prints one line a fault and gives the exit code", () => {
  const issue = { key: "seed", message: "expected a number", where: null };
  const cases: [error: unknown, code: number, text: string][] = [
    [new UsageError("There is no run"), 2, "error: There is no run\n"],
    [new ConfigError([issue, issue]), 2, "error: seed: expected a number\n".repeat(2)],
    [new Error(["a", "  b"].join("\n")), 1, "error: a b\n"],
    ["thrown", 1, "error: thrown\n"],
    [new Exit(130), 130, ""],
  ];
  for (const [error, code, text] of cases) {
    const stream = recordedStream();
    assert.equal(reportError(error, stream), code);
    assert.equal(stream.text, text);
  }
});
