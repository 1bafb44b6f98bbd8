import assert from "node:assert/strict";
import { access, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TrainEvent } from "../../../lib/train/events.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import { train } from "../../../lib/train/run/train.ts";
import { config } from "../../support/config.ts";
import { shapesFolder, writeClasses, writeShape } from "../../support/shapes_folder.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Epochs of two steps, each validated. */
const WANTED = [
  "data.batch=2",
  "data.dataset=folder",
  "validation.every=1",
  "schedule.warmupEpochs=0",
];

/** A run of one epoch of three, and its data. */
async function stopped(): Promise<{ data: string; out: string }> {
  const data = await shapesFolder(join(temporaryFolder(), "data"));
  const out = join(temporaryFolder(), "run");
  const options = [`data.dir=${data}`, "train.epochs=3", "train.maxSteps=2"];
  await train(await config(...WANTED, ...options), { out });
  return { data, out };
}

async function resumed(out: string, options: object = {}) {
  const events: TrainEvent[] = [];
  const overrides = ["train.maxSteps=null"];
  const onEvent = (event: TrainEvent): void => void events.push(event);
  const result = await resumeTraining(out, { overrides, onEvent, ...options });
  const warnings = events.flatMap((event) => event.type === "warning" ? [event.message] : []);
  return { result, events, warnings };
}

describe("resumeTraining() on other data", () => {
  const classes = ["ground", "square"];
  const shade = 9;
  const cases: [name: string, change: (data: string) => Promise<void>, RegExp, anew: boolean][] = [
    [
      "a training picture",
      (data) => writeShape(data, { split: "train", name: "train-0", shade }),
      /contents of 1 of 4 compared samples of the training data, the first is "train-0"/,
      false,
    ],
    [
      "a validation picture",
      (data) => writeShape(data, { split: "val", name: "val-0", shade }),
      /contents of 1 of 2 compared samples of the validation data/,
      true,
    ],
    [
      "another validation set",
      (data) => writeShape(data, { split: "val", name: "val-5", shade }),
      /number of samples of the validation data 2 became 3/,
      true,
    ],
  ];
  for (const [name, change, expected, anew] of cases) {
    test(`resumeTraining() refuses ${name} that has changed, or goes on knowing it`, async () => {
      const { data, out } = await stopped();
      await change(data);
      await assert.rejects(resumed(out), (error: Error) => {
        assert.equal(error.name, "ResumeError");
        assert.match(error.message, expected);
        return true;
      });
      const { events, warnings } = await resumed(out, { allowDifferent: true });
      assert.match(warnings.join("\n"), expected);
      assert.equal(
        warnings.some((warning) => warning.startsWith("the best score starts anew")),
        anew,
      );
      const first = events.find((event) => event.type === "validation")!;
      if (anew) assert.equal(first.best, true);
    });
  }

  test("resumeTraining() leaves out the value that its run left out, whatever classes.json says now", async () => {
    const { data, out } = await stopped();
    await writeClasses(data, { classes, ignore: 1 });
    const { result, warnings } = await resumed(out);
    assert.equal(result.steps, 6);
    assert.ok(!warnings.some((warning) => warning.includes("another setting")));
  });

  test("resumeTraining() starts the best score anew where its metric or inference changes", async () => {
    for (
      const change of [
        "validation.metric=pAcc",
        "validation.meanOver=truth",
        "inference.resize=[64,64]",
      ]
    ) {
      const { out } = await stopped();
      const overrides = ["train.maxSteps=null", change];
      const { warnings } = await resumed(out, { overrides, allowDifferent: true });
      assert.match(warnings.join("\n"), /the best score starts anew/);
    }
  });

  test("resumeTraining() goes on with data that has moved, and says where it was looked for", async () => {
    const { data, out } = await stopped();
    const moved = join(temporaryFolder(), "moved");
    await rename(data, moved);
    await assert.rejects(resumed(out), {
      name: "MissingFolderError",
      message: new RegExp(`there is no folder ${data}; .*--data`),
    });
    const overrides = ["train.maxSteps=null", `data.dir=${moved}`];
    const { result, warnings } = await resumed(out, { overrides });
    assert.deepEqual([result.steps, warnings.filter((w) => w.includes("another setting"))], [
      6,
      [],
    ]);
  });
});

describe("resumeTraining() with more epochs", () => {
  /** A finished run of two epochs of six steps. */
  async function finished(...overrides: string[]): Promise<string> {
    const out = join(temporaryFolder(), "run");
    const epochs = [
      "data.batch=4",
      "optimizer.lr=0.01",
      "train.epochs=2",
      "schedule.warmupEpochs=0",
    ];
    await train(await config(...epochs, ...overrides), { out });
    return out;
  }

  /** Learning rates of the steps of the log. */
  async function ratesOf(out: string): Promise<number[]> {
    const lines = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line))
      .flatMap(({ type, logs }) => type === "step" ? [logs["lr/g"]] : []);
  }

  const peak = 0.01;
  for (
    const [schedule, first] of [
      ["hold", 0.00017],
      ["restart", peak],
      ["stretch", 0.005],
    ] as const
  ) {
    test(`resumeTraining() extends a finished run: ${schedule}`, async () => {
      const out = await finished();
      const before = await ratesOf(out);
      const { result, events, warnings } = await resumed(out, { extend: { epochs: 2, schedule } });
      assert.deepEqual([result.resumedAt, result.steps, result.reason], [12, 24, "finished"]);
      assert.deepEqual(warnings.filter((warning) => warning.includes("setting")), []);
      const rates = await ratesOf(out);
      assert.deepEqual(rates.slice(0, 12), before);
      const { rates: said } = events.find((event) => event.type === "resume")!;
      assert.deepEqual(said, { before: before[11], after: rates[12] });
      assert.ok(Math.abs(rates[12]! - first) < first / 5, `${rates[12]}`);
    });
  }

  test("resumeTraining() ends an extension that was interrupted bit-identical to one that was not", async () => {
    const [whole, broken] = [await finished(), await finished()];
    const extend = { epochs: 1, schedule: "restart" } as const;
    const { result: { weightsSha256 } } = await resumed(whole, { extend });
    const overrides = ["train.maxSteps=15"];
    await resumeTraining(broken, { extend, overrides });
    const { result } = await resumed(broken);
    assert.deepEqual([result.steps, result.weightsSha256], [18, weightsSha256]);
    // As after a kill before the first checkpoint of the extension
    const killed = await finished();
    await resumeTraining(killed, {
      extend,
      onEvent: (event) => {
        if (event.type === "step") throw new Error("killed here");
      },
    }).catch(() => {});
    assert.equal((await resumed(killed)).result.weightsSha256, weightsSha256);
  });

  test("resumeTraining() refuses to extend what has not finished its epochs, and says what to do", async () => {
    const extend = { epochs: 1 };
    const stoppedRun = await finished("train.maxSteps=5");
    await assert.rejects(
      resumed(stoppedRun, { extend }),
      /ended at train\.maxSteps, step 5; raise/,
    );
    const early = await finished(
      "validation.every=1",
      "validation.patience=1",
      "validation.metric=class:ring",
    );
    await assert.rejects(resumed(early, { extend }), /stopped early; raise validation\.patience/);
    const { out } = await stopped();
    await resumeTraining(out, { overrides: ["train.maxSteps=3"], signal: AbortSignal.abort() });
    await assert.rejects(resumed(out, { extend }), /has not finished its 3 epochs; resume it/);
    await assert.rejects(resumed(await finished(), { extend: { epochs: 0 } }), /at least 1, got 0/);
  });

  test("resumeTraining() names --extend where train.epochs was raised by hand", async () => {
    const out = await finished();
    const overrides = ["train.epochs=3"];
    await assert.rejects(resumed(out, { overrides }), /train\.epochs 2 became 3; .*--extend N/);
    await access(join(out, "best"));
  });
});
