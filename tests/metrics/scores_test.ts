import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "../../lib/config/mod.ts";
import { ConfusionMatrix } from "../../lib/metrics/confusion_matrix.ts";
import {
  describeMean,
  isInMean,
  onlyClass,
  scoreBy,
  usableMetric,
} from "../../lib/metrics/scores.ts";
import type { TrainEvent, ValidationEvent } from "../../lib/train/events.ts";
import type { ClassInfo } from "../../lib/data/dataset.ts";
import { datasetReaders, openDataset } from "../../lib/data/registry.ts";
import { train } from "../../lib/train/run/train.ts";
import { config } from "../support/config.ts";

/** The embedded pictures, with a class more than occurs in them. */
datasetReaders.register({
  name: "fixtures-and-unicorns",
  summary: "the embedded pictures, and a class that none shows",
  needsDir: false,
  matches: () => Promise.resolve(false),
  async open({ split }) {
    const dataset = await openDataset("fixtures", { split });
    const unicorn: ClassInfo = { name: "unicorn", color: [255, 255, 255] };
    return { ...dataset, classes: [...dataset.classes, unicorn] };
  },
});

/** The same, and one pixel of that class, at a place that a resize to half the size passes over. */
datasetReaders.register({
  name: "fixtures-and-one-unicorn",
  summary: "the embedded pictures, one of which shows one pixel of another class",
  needsDir: false,
  matches: () => Promise.resolve(false),
  async open({ split }) {
    const dataset = await openDataset("fixtures-and-unicorns", { split });
    return {
      ...dataset,
      async read(index) {
        const sample = await dataset.read(index);
        const data = sample.label.data.slice();
        if (index === 0) data[0] = dataset.classes.length - 1;
        return { ...sample, label: { ...sample.label, data } };
      },
    };
  },
});

function warningsOf(events: readonly TrainEvent[]): string[] {
  return events.flatMap((event) => event.type === "warning" ? [event.message] : []);
}

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

  test("onlyClass() names the class that alone is in the truth", () => {
    const of = (...pixels: number[]) => ({
      classes: pixels.map((n, i) => ({ name: `c${i}`, iou: 1, accuracy: 1, pixels: n })),
    });
    assert.equal(onlyClass(of(0, 5)), "c1");
    assert.equal(onlyClass(of(1, 5)), null);
    assert.equal(onlyClass(of(5)), null);
    assert.equal(onlyClass(of(0, 0)), null);
  });

  test("usableMetric() is mIoU where the truth lacks the metric's class", () => {
    const scores = new ConfusionMatrix(["sky", "bus"], [7, 2, 0, 0]).scores();
    assert.equal(usableMetric("class:bus", scores), "mIoU");
    assert.equal(usableMetric("class:sky", scores), "class:sky");
    assert.equal(usableMetric("pAcc", scores), "pAcc");
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

  test("train() refuses a metric of a class that validation does not have", async () => {
    const overrides = [
      ...SMALL,
      "data.dataset=fixtures-and-unicorns",
      "validation.metric=class:unicorn",
    ];
    await assert.rejects(train(await config(...overrides)), {
      name: "RangeError",
      message: /class:unicorn: no pixel of split "val" has that class.*take mIoU or one of class:b/,
    });
  });

  test("train() falls back to mIoU where resized labels lose the metric's class, and says so", async () => {
    const overrides = [
      ...SMALL,
      "train.epochs=2",
      "optimizer.lr=0.3",
      "inference.resize=[32,32]",
      "inference.scoreSize=resized",
      "validation.metric=class:unicorn",
    ];
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => void events.push(event);
    await train(await config(...overrides, "data.dataset=fixtures-and-one-unicorn"), { onEvent });
    const said = warningsOf(events).filter((message) => /validation\.metric/.test(message));
    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0]!, /^no pixel of val has the class .* class:unicorn: .* chosen by mIoU$/);
    let best = -1;
    for (const event of events) {
      if (event.type !== "validation") continue;
      assert.equal(event.best, event.scores.mIoU > best);
      best = Math.max(best, event.scores.mIoU);
    }
  });

  test("train() says at the end that no validation was better than the first", async () => {
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => void events.push(event);
    await train(await config(...SMALL, "train.epochs=4", "optimizer.lr=1e-9"), { onEvent });
    const said = warningsOf(events).filter((message) => message.includes("the first validation"));
    assert.equal(said.length, 1);
    assert.match(
      said[0]!,
      /^the best mIoU is .* % of epoch 1, .* none of the 3 after it was better/,
    );
    assert.equal(events.at(-1)!.type, "end");
    events.length = 0;
    await train(await config(...SMALL, "train.epochs=3", "optimizer.lr=1e-9"), { onEvent });
    assert.ok(!warningsOf(events).some((message) => message.includes("the first validation")));
  });
});

describe("describeMean()", () => {
  test("describeMean() names the classes that count nothing, or 0, by either rule", () => {
    const matrix = new ConfusionMatrix(["sky", "road", "bus", "car"]);
    matrix.add({ truth: [0, 0, 1, 1], prediction: [0, 2, 1, 1] });
    const union = matrix.scores();
    assert.equal(union.mIoU, (0.5 + 1 + 0) / 3);
    assert.equal(
      describeMean(union),
      "mean over the 3 of 4 classes in truth or prediction; bus is only predicted and counts 0; " +
        "left out: car",
    );
    const truth = matrix.scores({ meanOver: "truth" });
    assert.equal(truth.mIoU, (0.5 + 1) / 2);
    assert.equal(
      describeMean(truth),
      "mean over the 2 of 4 classes in the truth; left out: bus, car",
    );
    assert.deepEqual(truth.classes, union.classes);
    assert.deepEqual(truth.classes.map((one) => isInMean(one, "truth")), [
      true,
      true,
      false,
      false,
    ]);
  });
});
