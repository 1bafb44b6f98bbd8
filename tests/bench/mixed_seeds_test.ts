import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { drawnFixtures } from "../../bench/drawn_fixtures.ts";
import { type Condition, describePairs, type SeedRun } from "../../bench/mixed_seeds.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

function run(seed: number, condition: Condition, mIoU: number): SeedRun {
  return { setting: "s", seed, condition, steps: 300, mIoU, pAcc: 0.5, seconds: 1 };
}

describe("describePairs()", () => {
  test("describePairs() takes differences within a seed, with their standard error", () => {
    const runs = [
      ...[0.2, 0.4, 0.6].map((mIoU, i) => run(i + 1, "f32", mIoU)),
      ...[0.6, 0.41, 0.21].map((mIoU, i) => run(3 - i, "mixed", mIoU)),
      run(4, "f32", 0.9), // its other run is still to come
    ];
    assert.equal(
      describePairs(runs, ["f32", "mixed"]),
      "3 pairs: f32 40.00 ± 20.00, mixed 40.67 ± 19.50 (sd between seeds); mixed − f32 0.67, " +
        "standard error 0.33, 95 % -0.77 to 2.10, sd of a pair 0.58",
    );
    assert.equal(describePairs([run(4, "f32", 0.9)], ["f32", "mixed"]), "no pair yet");
  });
});

test("drawnFixtures() draws the same pictures each time, and trains on the fixtures' own", async () => {
  const reader = drawnFixtures(3);
  const [once, again] = await Promise.all(
    [1, 2].map(() => reader.open({ split: "val", dir: null })),
  );
  assert.equal(once!.ids.length, 3);
  const [a, b, other] = [await once!.read(2), await again!.read(2), await once!.read(1)];
  assert.deepEqual(a, b);
  assert.notDeepEqual(a.image.data, other.image.data);
  assert.equal(a.image.data.length, 64 * 64 * 3);
  assert.ok(new Set(a.label.data).size > 2);
  assert.equal((await reader.open({ split: "train", dir: null })).ids.length, 24);
});

test("mixed_seeds.ts runs pairs, and goes on from its file", { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const file = join(folder, "runs.jsonl");
  const script = join(import.meta.dirname!, "../../bench/mixed_seeds.ts");
  const size = ["--steps", "1", "--pictures", "2", "--backend", "wasm"];
  const seeds = async (count: number): Promise<string> => {
    const prefix = "Deno" in globalThis ? ["run", "-A"] : [];
    const args = [...prefix, script, ...size, "--seeds", `${count}`, "--file", file];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  };
  assert.match(await seeds(1), /^1 pairs: f32 /m);
  assert.match(await seeds(2), /^2 pairs: f32 .* rounded − f32 /m);
  const lines = (await readFile(file, "utf8")).trim().split("\n").map((l) => JSON.parse(l));
  assert.deepEqual(lines.map(({ seed, condition }) => `${seed} ${condition}`), [
    "1 f32",
    "1 rounded",
    "2 f32",
    "2 rounded",
  ]);
});
