import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../lib/engine/webgpu/pace.ts";

test("Pace waits for the adapter after every eighth step", async () => {
  let waits = 0;
  const pace = new Pace({ onSubmittedWorkDone: () => Promise.resolve(void waits++) });
  const seen: number[] = [];
  for (let step = 1; step <= 24; step++) {
    await pace.afterStep();
    seen.push(waits);
  }
  assert.deepEqual([seen[6], seen[7], seen[14], seen[15], seen[23]], [0, 1, 1, 2, 3]);
});
