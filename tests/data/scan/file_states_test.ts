import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileStates } from "../../../lib/data/scan/file_states.ts";
import { withFiles } from "../../support/dataset_folder.ts";

test("fileStates() gives sizes and times in the order asked, and -1 for what is not there", () =>
  withFiles(
    Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`f${i}`, "x".repeat(i)])),
    async (dir) => {
      const names = [...Array.from({ length: 130 }, (_, i) => `f${129 - i}`), "none", "f1/below"];
      const states = await fileStates(names.map((name) => join(dir, name)));
      assert.deepEqual(
        states.map(({ size }) => size),
        [...Array.from({ length: 130 }, (_, i) => 129 - i), -1, -1],
      );
      assert.ok(states.slice(0, 130).every(({ time }) => Date.now() - time < 600_000));
    },
  ));
