import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { before, describe, test } from "node:test";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { canMount, fillDisks } from "./disk_full.ts";
import { diskFaults } from "./disk_faults.ts";
import { faultMatrix, matrixFaults } from "./fault_matrix.ts";
import { flipBits } from "./flip_bits.ts";
import { fuzz } from "./fuzz.ts";
import { killRuns } from "./kill.ts";
import { soak } from "./soak.ts";
import { longSkip } from "../support/long_test.ts";

const patient = { timeout: 600_000 };

// The longer form of each is `deno task faults`
describe("train()", { skip: longSkip }, () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  test(
    "resumeTraining() ends a run that was killed again and again as one that never was",
    patient,
    async () => {
      const report = await killRuns({ kills: 6, seed: 1 });
      assert.deepEqual(report.faults, []);
      assert.deepEqual([report.kills, report.right], [6, 6]);
      assert.equal(report.rightRuns, report.runs);
    },
  );

  test("train() meets every fault of RELIABILITY.md as it says there", patient, async () => {
    const { outcomes, faults } = await faultMatrix("wasm");
    assert.deepEqual(faults, []);
    assert.deepEqual(Object.keys(outcomes), matrixFaults);
    const page = new URL("../../RELIABILITY.md", import.meta.url);
    const table = (await readFile(page, "utf8")).split("\n## Faults\n")[1]!.split("\n## ")[0]!;
    const named = [...table.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, name]) => name!);
    for (const fault of matrixFaults) assert.ok(named.includes(fault), fault);
  });

  test("train() holds no more at its end than early on", patient, async () => {
    const { tensors, tensorBytes, descriptors } = await soak({ steps: 300 });
    assert.equal(tensors[1], tensors[0]);
    assert.equal(tensorBytes[1], tensorBytes[0]);
    // A file may be in the middle of being written; a leak would leave one open at each checkpoint.
    if (descriptors !== null) assert.ok(descriptors[1] <= descriptors[0] + 2, `${descriptors}`);
  });

  test(
    "train() survives a disk that fails wherever it is written to",
    { ...patient, skip: "deno" in process.versions ? false : "import maps are Deno's" },
    async () => {
      const report = await diskFaults({ every: 25, first: 3 });
      assert.deepEqual(report.faults, []);
      assert.equal(report.right, report.injected);
      assert.ok(report.refused >= 8, `${report.refused}`);
    },
  );

  test(
    "train() says that a disk is full, keeps its checkpoints and goes on once there is space",
    { ...patient, skip: canMount() ? false : "takes root, to mount a small disk" },
    async () => {
      const report = await fillDisks({ sizes: 6 });
      assert.deepEqual(report.faults, []);
      assert.equal(report.right, 6);
      assert.ok(Object.keys(report.refused).length > 0);
      assert.match(report.readOnly, /the disk is read-only; choose another folder/);
      assert.match(report.deleted, /the folder DISK\/run does not exist/);
    },
  );
});

describe("loadModel()", { skip: longSkip }, () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  test(
    "loadModel() never loads something else from files with a flipped bit or a missing end",
    patient,
    async () => {
      const report = await flipBits({ count: 200, seed: 1 });
      assert.deepEqual(report.wrong, []);
      assert.ok(report.refused > 150);
      assert.equal(report.resumed, 4);
    },
  );

  test(
    "fuzz() finds no reader that does not take or refuse a hostile file in time",
    patient,
    async () => {
      const report = await fuzz({ inputs: 6000, seed: 1 });
      assert.deepEqual(report.faults, []);
      for (const [name, { inputs }] of Object.entries(report.readers)) assert.ok(inputs > 50, name);
    },
  );
});
