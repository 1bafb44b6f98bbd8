import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadConfig } from "@segadv/segadv";
import { runProcess } from "../../support/cli_process.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

// Starts processes: more than the five seconds that Bun gives a test
const patient = { timeout: 300_000 };

describe("segadv train", () => {
  test(
    "segadv train writes a run, tells the human on stderr and ends stdout with one line of JSON",
    patient,
    async () => {
      const folder = temporaryFolder();
      const out = join(folder, "run");
      const file = join(folder, "run.yaml");
      await writeFile(file, "preset: fixtures\nadversarial: { tg: 2 }\ntrain: { epochs: 1 }\n");
      const args = [
        "--backend",
        "wasm",
        "--max-steps",
        "2",
        "--seed",
        "7",
        "--set",
        "data.batch=2",
      ];
      const { code, out: stdout, err } = await runProcess(
        ["train", file, ...args, "--out", out, "--json"],
      );
      assert.equal(code, 0, err);
      assert.match(err, /stopped at train\.maxSteps: 2 steps in 0:\d\d, weights [0-9a-f]{12}\n/);
      assert.match(err, /eval .*run/);

      const summary = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
      assert.deepEqual(Object.keys(summary), [
        ...["run", "backend", "steps", "seconds", "best", "last", "weightsSha256", "reason"],
      ]);
      assert.equal(summary.run, out);
      assert.equal(summary.backend, "wasm");
      assert.equal(summary.steps, 2);
      assert.deepEqual(Object.keys(summary.last), ["epoch", "pAcc", "mIoU"]);
      assert.match(summary.weightsSha256, /^[0-9a-f]{64}$/);

      assert.deepEqual((await readdir(out)).sort(), [
        ...["best", "checkpoint", "config.yaml", "events.jsonl", "metrics.json", "model"],
      ]);
      const config = await loadConfig({ path: join(out, "config.yaml") });
      assert.equal(config.adversarial.tg, 2);
      assert.equal(config.data.batch, 2);
      assert.equal(config.seed, 7);
      const events = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(events.map(({ type }) => type), [
        ...["start", "step", "step", "validation", "sample", "checkpoint", "end"],
      ]);
      assert.equal(events.at(-1).weightsSha256, summary.weightsSha256);

      const again = await runProcess(["train", "--max-steps", "1", "--out", out]);
      assert.equal(again.code, 1);
      assert.match(again.err, /^error: Cannot start a run in .*: it already holds one .*\n$/);
      assert.equal(again.out, "");
    },
  );

  test(
    "segadv train ends with 130 after Ctrl-C and leaves files that can be read",
    patient,
    async () => {
      const folder = temporaryFolder();
      const out = join(folder, "run");
      const args = ["--backend", "wasm", "--epochs", "1000", "--set", "validation.every=1000"];
      const { code, out: stdout } = await runProcess(
        ["train", ...args, "--out", out, "--json"],
        { interruptAfter: "backend wasm" },
      );
      assert.equal(code, 130);
      assert.equal(JSON.parse(stdout).reason, "aborted");
      const last = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n").at(-1)!;
      assert.equal(JSON.parse(last).reason, "aborted");
      JSON.parse(await readFile(join(out, "model", "model.json"), "utf8"));
    },
  );

  test(
    "segadv train stops at a loss that is not a number, with code 1 and one line",
    patient,
    async () => {
      const folder = temporaryFolder();
      const out = join(folder, "run");
      const args = ["--backend", "wasm", "--set", "optimizer.lr=1e30", "--out", out];
      const { code, err } = await runProcess(["train", ...args]);
      assert.equal(code, 1);
      assert.match(err, /^error: Cannot go on at step \d+: .*\n$/);
      const last = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n").at(-1)!;
      assert.equal(JSON.parse(last).reason, "non-finite");
    },
  );
});
