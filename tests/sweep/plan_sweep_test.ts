import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { describe, test } from "node:test";
import { parseGrid } from "../../lib/sweep/grid.ts";
import { configFingerprint, type PlannedSweep, planSweep } from "../../lib/sweep/plan_sweep.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { loadConfig } from "../../lib/config/mod.ts";

const temporaryFolder = temporaryFolders();

function plan(text: string): Promise<PlannedSweep> {
  return planSweep(parseGrid(text, "grid.yaml"));
}

describe("planSweep()", () => {
  test("planSweep() multiplies axes, adds listed trials and repeats all with every seed", async () => {
    const { plan: sweep, configs } = await plan(`preset: fixtures
seeds: 2
axes: { adversarial.tg: [0.5, 2], optimizer.lr: [0.1, 0.2] }
trials: [{ adversarial: { tg: 1, td: 1 } }]
baseline: { name: plain, adversarial.enabled: false }
`);
    assert.deepEqual(sweep.conditions.map(({ name }) => name), [
      "plain",
      "tg=0.5, lr=0.1",
      "tg=0.5, lr=0.2",
      "tg=2, lr=0.1",
      "tg=2, lr=0.2",
      "tg=1, td=1",
    ]);
    assert.deepEqual(sweep.trials.map(({ index }) => index), [...Array(12).keys()]);
    assert.deepEqual(configs.map(({ seed }) => seed), Array(6).fill([1, 2]).flat());
    assert.deepEqual(configs[9]!.adversarial.tg, 2);
    assert.equal(configs[9]!.optimizer.lr, 0.2);
    const { enabled, tg } = configs[10]!.adversarial;
    assert.deepEqual([enabled, tg], [true, 1]);
  });

  test("planSweep() makes a baseline that is also a trial once", async () => {
    const { plan: sweep } = await plan(`preset: fixtures
axes: { optimizer.weightDecay: [0, 5e-4] }
set: { adversarial.enabled: false }
baseline: { optimizer.weightDecay: 5e-4 }
`);
    assert.deepEqual(sweep.conditions.map(({ name, isBaseline }) => [name, isBaseline]), [
      ["weightDecay=0.0005", true],
      ["weightDecay=0", false],
    ]);
  });

  test("planSweep() gives equal trials of different sweeps the same name", async () => {
    const ids = async (text: string): Promise<string[]> =>
      (await plan(text)).plan.trials.map(({ id }) => id);
    const [a] = await ids("preset: fixtures\nseeds: [3]\ntrials: [{ adversarial.tg: 2 }]\n");
    const both = await ids("preset: fixtures\nseeds: [2, 3]\naxes: { adversarial.tg: [1, 2] }\n");
    assert.ok(both.includes(a!));
  });

  const same: [what: string, text: string, message: RegExp][] = [
    [
      "an axis with a value twice",
      "axes:\n  optimizer.lr: [0.1, 1e-1]\n",
      /^grid\.yaml:2:23: lr=0\.1 means the same as lr=0\.1 \(grid\.yaml:2:18\): remove one/,
    ],
    [
      "the temperature of L_seg as it follows T_g",
      "trials:\n  - {adversarial.tg: 2}\n  - {adversarial.tg: 2, loss.temperature: 2}\n",
      /^grid\.yaml:3:5: .* means the same as tg=2/,
    ],
    [
      "the weight of an adversarial loss that is switched off",
      "set: {adversarial.enabled: false}\naxes:\n  adversarial.weight: [0.1, 0.2]\n",
      /^grid\.yaml:3:29: weight=0\.2 means the same/,
    ],
    [
      "how many threads compute it",
      "trials:\n  - {threads: 1}\n  - {threads: 2}\n",
      /^grid\.yaml:3:5: threads=2 means the same/,
    ],
  ];
  for (const [what, text, message] of same) {
    test(`planSweep() refuses trials that differ in nothing: ${what}`, async () => {
      await assert.rejects(plan(`${text}preset: fixtures\n`), { name: "ConfigError", message });
    });
  }

  test("planSweep() names file, line and key of a wrong setting", async () => {
    const cases: [text: string, message: RegExp][] = [
      [
        "axes:\n  adversarial.tgg: [1, 2]\n",
        /^grid\.yaml:2:21 adversarial\.tgg: unknown key; did you mean adversarial\.tg\?/,
      ],
      ["axes:\n  optimizer.lr: [fast]\n", /^grid\.yaml:2:18 optimizer\.lr: expected a number/],
      [
        "trials:\n  - optimizer: { weightDecay: -1 }\n",
        /^grid\.yaml:2:18 optimizer\.weightDecay: expected/,
      ],
      [
        "set: { data.crop: [33, 32] }\naxes: { optimizer.lr: [0.1] }\n",
        /^grid\.yaml:1:8 data\.crop: expected multiples/,
      ],
      [
        "set: { seed: 3 }\naxes: { optimizer.lr: [0.1] }\n",
        /^grid\.yaml:1:8 seed: .* list them under seeds/,
      ],
    ];
    for (const [text, message] of cases) {
      await assert.rejects(plan(`${text}preset: fixtures\n`), { name: "ConfigError", message });
    }
  });

  test("planSweep() starts from a file beside the grid and makes paths absolute", async () => {
    const folder = temporaryFolder();
    await writeFile(
      join(folder, "base.yaml"),
      "preset: fixtures\ntrain: { epochs: 7 }\ndata: { dataset: folder, dir: some/where }\n",
    );
    const grid = parseGrid("config: base.yaml\naxes: { optimizer.lr: [0.1] }\n", "grid.yaml");
    const { configs } = await planSweep(grid, { folder });
    assert.equal(configs[0]!.train.epochs, 7);
    assert.ok(isAbsolute(configs[0]!.data.dir!));
  });
});

async function fingerprint(...overrides: string[]): Promise<string> {
  const all = ["data.dataset=fixtures", ...overrides];
  return configFingerprint(await loadConfig({ overrides: all }));
}

describe("configFingerprint()", () => {
  test("configFingerprint() is kept by later versions: only what is no default counts", async () => {
    const bare = await fingerprint("optimizer.lr=0.5");
    assert.equal(bare, await fingerprint("optimizer.lr=0.5", "optimizer.momentum=0.9"));
    assert.equal(bare, "370391f9a5");
  });

  test("configFingerprint() names only keys that affect the result", async () => {
    const bare = await fingerprint();
    for (const other of ["seed=7", "threads=3", "data.workers=2", "checkpoint.keep=0"]) {
      assert.equal(await fingerprint(other), bare, other);
    }
    const changes = ["deterministic=false", "train.epochs=20", "model.width=0.5"];
    const names = await Promise.all(changes.map((change) => fingerprint(change)));
    assert.equal(new Set([bare, ...names]).size, changes.length + 1);
  });

  test("configFingerprint() ignores the section of a discriminator that is not built", async () => {
    const without = await fingerprint("adversarial.enabled=false");
    assert.equal(await fingerprint("adversarial.enabled=false", "adversarial.weight=3"), without);
    assert.notEqual(await fingerprint("adversarial.weight=3"), await fingerprint());
  });
});
