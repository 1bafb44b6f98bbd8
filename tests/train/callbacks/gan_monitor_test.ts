import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../../lib/config/mod.ts";
import type { StepEvent, StepLog, ValidationEvent } from "../../../lib/train/events.ts";
import { GanMonitor } from "../../../lib/train/callbacks/gan_monitor.ts";
import { train } from "../../../lib/train/run/train.ts";
import { config } from "../../support/config.ts";

const VOC = fileURLToPath(new URL("../../../fixtures/VOCdevkit", import.meta.url));

const QUIET: StepLog = {
  "loss/seg": 1,
  "loss/gen": 0.1,
  "loss/d": 0.2,
  "d/real": 0.7,
  "d/fake": 0.4,
  "d/accuracy": 0.8,
  "d/drift": 0.2,
};

function step(at: number, logs: StepLog = {}): StepEvent {
  const rest = { time: 0, epoch: 1, imagesPerSecond: 1, dataShare: 0 };
  return { type: "step", step: at, logs: { ...QUIET, ...logs }, ...rest };
}

/** What is said over 200 steps with these logs. */
async function said(logs: (step: number) => StepLog): Promise<string[]> {
  const watch = new GanMonitor(await loadConfig({ preset: "fixtures" }));
  return Array.from({ length: 200 }, (_, i) => watch.notice(step(i + 1, logs(i + 1)))).flat();
}

describe("GanMonitor", () => {
  test("GanMonitor.notice() says nothing of balanced training", async () => {
    assert.deepEqual(await said(() => ({})), []);
  });

  test("GanMonitor.notice() says once that D is saturated, does not learn or cannot tell", async () => {
    const cases: [logs: StepLog, message: RegExp][] = [
      [{ "d/real": 0.99, "d/fake": 0.02, "d/accuracy": 0.99 }, /^D is saturated/],
      [{ "d/real": 0.51, "d/fake": 0.5, "d/drift": 1e-4 }, /^D does not learn.*0\.01 %/],
      [{ "d/real": 0.5, "d/fake": 0.5, "d/accuracy": 0.5 }, /^D cannot tell/],
    ];
    for (const [logs, message] of cases) {
      const words = await said(() => logs);
      assert.equal(words.length, 1);
      assert.match(words[0]!, message);
    }
  });

  test("GanMonitor.notice() speaks again of what had passed and returned", async () => {
    const saturated = { "d/real": 0.99, "d/fake": 0.02, "d/accuracy": 0.99 };
    const words = await said((at) => at < 110 || at > 140 ? saturated : {});
    assert.equal(words.filter((word) => word.startsWith("D is saturated")).length, 2);
  });

  test("GanMonitor.notice() says that L_G exceeds L_seg", async () => {
    const words = await said(() => ({ "loss/gen": 30 }));
    assert.deepEqual(words.length, 1);
    assert.match(
      words[0]!,
      /^L_G exceeds L_seg: 1\.5 with its weight against 1.*adversarial\.weight/,
    );
  });

  test("GanMonitor.notice() says that the loss has jumped, once for one spike", async () => {
    const words = await said((at) => at >= 60 && at < 64 ? { "loss/seg": 9 } : {});
    assert.equal(words.length, 1);
    assert.match(words[0]!, /^L_seg jumped to 9 from about 1/);
  });

  test("GanMonitor.notice() names classes that the split has no pixel of, once", async () => {
    const watch = new GanMonitor(await loadConfig({ preset: "fixtures" }));
    const one = (name: string, pixels: number) => ({ name, pixels, iou: null, accuracy: null });
    const scores = {
      pAcc: 1,
      mIoU: 1,
      meanOver: "union" as const,
      fwIoU: 1,
      mAcc: 1,
      classes: [one("sky", 9), one("bus", 0)],
    };
    const rest = { time: 0, step: 1, epoch: 1, split: "val", best: true };
    const event: ValidationEvent = { type: "validation", scores, ...rest };
    assert.match(
      watch.notice(event)[0]!,
      /^no pixel of val is bus: counts 0 in mIoU once it is predicted anywhere, .*meanOver to truth/,
    );
    assert.deepEqual(watch.notice(event), []);
  });

  test("GanMonitor.notice() says that the network predicts one class, and again after it had passed", async () => {
    const watch = new GanMonitor(await loadConfig({ preset: "fixtures" }));
    const at = (predicted: number[], pixels = [8, 2]): string[] => {
      const classes = ["road", "car"].map((name, c) => (
        { name, iou: null, accuracy: null, pixels: pixels[c]!, predicted: predicted[c]! }
      ));
      const means = { pAcc: 1, mIoU: 1, fwIoU: 1, mAcc: 1, meanOver: "union" as const };
      const scores = { ...means, classes };
      const rest = { time: 0, step: 1, epoch: 3, split: "val", best: true };
      return watch.notice({ type: "validation", scores, ...rest });
    };
    const [warning] = at([10, 0]);
    assert.match(
      warning!,
      /^the network predicts road for every pixel of val after epoch 3, where 2 classes occur; .*loss\.classWeights to enet/,
    );
    const cases = [[10, 0], [9, 1], [0, 10]].map((predicted) => at(predicted).length);
    assert.deepEqual(cases, [0, 0, 1]);
    const watched = at([9, 1]);
    assert.deepEqual(watched, []);
    assert.equal(at([10, 0], [10, 0]).filter((one) => /predicts/.test(one)).length, 0);
  });
});

/** Just long enough for a diagnosis. */
const SHORT = ["optimizer.lr=0.01", "adversarial.discriminator.width=0.05"]
  .concat("data.batch=1", "train.epochs=20", "schedule.warmupEpochs=0")
  .concat("train.maxSteps=101", "validation.every=1000");

describe("GanMonitor.notice() in a run", () => {
  const provoked: [what: string, overrides: string[], message: RegExp][] = [
    [
      "D is saturated",
      ["adversarial.discriminator.lr=0.01", "adversarial.tg=2"],
      /^D is saturated: it is correct on 9/,
    ],
    [
      "D does not learn",
      ["adversarial.discriminator.lr=1e-7"],
      /^D does not learn: .* moved by 0\.00\d+ %/,
    ],
    [
      "D has collapsed",
      ["adversarial.discriminator.lr=0.3"],
      /^D has collapsed: it gives maps and labels the same/,
    ],
    ["L_G exceeds L_seg", ["adversarial.weight=50"], /^L_G exceeds L_seg: /],
    ["the loss has jumped", ["optimizer.lr=3", "optimizer.clipNorm=1"], /^L_seg jumped to /],
    [
      "a class is absent",
      ["data.dataset=voc", `data.dir=${VOC}`, "train.maxSteps=1"],
      /^no pixel of val is bottle or bus /,
    ],
  ];
  for (const [what, overrides, message] of provoked) {
    test(`GanMonitor.notice() in a run says that ${what}`, async () => {
      const short = await config(...SHORT, ...overrides);
      const warnings: string[] = [];
      await train(short, {
        onEvent: (event) => event.type === "warning" && warnings.push(event.message),
      });
      assert.ok(warnings.some((warning) => message.test(warning)), warnings.join("\n"));
    });
  }

  test("GanMonitor.notice() in a run says of a healthy one only what so small a network predicts", async () => {
    const warnings: string[] = [];
    await train(await config(...SHORT), {
      onEvent: (event) => event.type === "warning" && warnings.push(event.message),
    });
    assert.equal(warnings.length, 2, warnings.join("\n"));
    assert.match(warnings[0]!, /^batch norm d_bn4 has 4 values a channel/);
    assert.match(
      warnings[1]!,
      /^the network predicts background for every pixel of val after epoch/,
    );
  });
});
