import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "../../lib/config/mod.ts";
import { ConfusionMatrix } from "../../lib/metrics/confusion_matrix.ts";
import { scoreBy } from "../../lib/metrics/scores.ts";
import type { TrainEvent, ValidationEvent } from "../../lib/train/events.ts";
import { train } from "../../lib/train/run/train.ts";
import { config } from "../support/config.ts";

const SMALL = ["schedule.warmupEpochs=0", "validation.every=1"];

describe("scoreBy()", () => {
  test("scoreBy() finds every score by name, and that of one class", () => {
    const scores = new ConfusionMatrix(["sky", "road", "bus"], [7, 2, 0, 1, 6, 0, 0, 0, 0])
      .scores();
    assert.equal(scoreBy("pAcc", scores), 13 / 16);
    assert.equal(scoreBy("mIoU", scores), (7 / 10 + 6 / 9) / 2);
    assert.equal(scoreBy("class:road", scores), 6 / 9);
    assert.equal(scoreBy("class:bus", scores), 0);
    assert.throws(() => scoreBy("class:car", scores), /class:car.*one of class:sky, class:road/);
  });

  test("scoreBy() decides which network of a run is the best", async () => {
    const validations: ValidationEvent[] = [];
    const overrides = [
      ...SMALL,
      "train.epochs=6",
      "optimizer.lr=0.3",
      "validation.metric=class:disc",
    ];
    await train(await config(...overrides), {
      onEvent: (event) => event.type === "validation" && validations.push(event),
    });
    let best = -1;
    for (const validation of validations) {
      const score = scoreBy("class:disc", validation.scores);
      assert.equal(validation.best, score > best);
      best = Math.max(best, score);
    }
  });

  test("train() checks the name of scoreBy() before the first batch", async () => {
    const bad = loadConfig({ preset: "fixtures", overrides: ["validation.metric=best"] });
    await assert.rejects(bad, /validation\.metric: expected mIoU, pAcc, fwIoU, mAcc or class:NAME/);
    const overrides = [...SMALL, "validation.metric=class:unicorn"];
    const run = train(await config(...overrides));
    await assert.rejects(run, /class:unicorn: validation\.metric must be/);
  });

  test("scoreBy() ends a run that gets no better, and the run says why", async () => {
    const overrides = [...SMALL, "train.epochs=9", "optimizer.lr=1e-9", "validation.patience=2"];
    const events: TrainEvent[] = [];
    const result = await train(await config(...overrides), {
      onEvent: (event) => events.push(event),
    });
    assert.equal(result.reason, "early-stop");
    assert.equal(result.last!.epoch, 3);
    assert.equal(result.best!.epoch, 1);
    const warnings = events.flatMap((event) => event.type === "warning" ? [event.message] : []);
    assert.match(
      warnings.at(-1)!,
      /^the run ends here: mIoU was no better than .* of epoch 1 in 2/,
    );
  });
});
