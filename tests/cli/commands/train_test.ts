import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadConfig } from "@segadv/segadv";
import { runHere } from "../../support/cli_terminal.ts";
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
      await writeFile(
        file,
        "preset: fixtures\nadversarial: { tg: 2 }\ntrain: { epochs: 1 }\n" +
          "schedule: { warmupEpochs: 0 }\n",
      );
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
        ...["report", "predictions"],
      ]);
      assert.equal(summary.run, out);
      assert.equal(summary.backend, "wasm");
      assert.equal(summary.steps, 2);
      assert.deepEqual(Object.keys(summary.last), ["epoch", "pAcc", "mIoU"]);
      assert.match(summary.weightsSha256, /^[0-9a-f]{64}$/);

      assert.deepEqual((await readdir(out)).sort(), [
        ...["best", "checkpoint", "config.yaml", "events.jsonl", "metrics.json", "model"],
        ...["predictions.png", "report.html"],
      ]);
      for (const name of ["report.html", "predictions.png"]) {
        const [key] = name.split(".");
        assert.equal(summary[key!], join(out, name));
        assert.ok(err.includes(`${key}: ${join(out, name)}\n`), err);
      }
      assert.doesNotMatch(err, /warning/);
      const config = await loadConfig({ path: join(out, "config.yaml") });
      assert.equal(config.adversarial.tg, 2);
      assert.equal(config.data.batch, 2);
      assert.equal(config.seed, 7);
      const events = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(events.map(({ type }) => type), [
        ...["start", "step", "step", "checkpoint", "validation", "sample", "end"],
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

describe("segadv train's report", () => {
  const tiny = ["train", "--backend", "wasm", "--epochs", "3"].concat(
    ["model.width=0.03", "data.crop=[64,64]", "schedule.warmupEpochs=0", "threads=1"]
      .concat("validation.every=1")
      .flatMap((value) => ["--set", value]),
  );
  const written = ["predictions.png", "report.html"];

  test(
    "segadv train's report is left out by --no-report, and by train.report",
    patient,
    async () => {
      const folder = temporaryFolder();
      for (const given of [["--no-report"], ["--set", "train.report=false"]]) {
        const out = join(folder, given[0]!);
        const args = [...given, "--max-steps", "1", "--json", "--out", out];
        const { code, out: stdout, err } = await runHere(...tiny, ...args);
        assert.equal(code, 0, err);
        assert.deepEqual((await readdir(out)).filter((name) => written.includes(name)), []);
        const { report, predictions } = JSON.parse(stdout);
        assert.deepEqual([report, predictions], [null, null]);
        assert.equal((await loadConfig({ path: join(out, "config.yaml") })).train.report, false);
        assert.doesNotMatch(err, /report:|predictions:|warning/);
      }
    },
  );

  test(
    "segadv train's report comes with --resume and after an early stop too",
    patient,
    async () => {
      const out = join(temporaryFolder(), "run");
      const first = await runHere(...tiny, "--max-steps", "1", "--no-report", "--out", out);
      assert.equal(first.code, 0, first.err);
      // So few steps find no ring, so that no validation is better than the first
      const more = ["train.report=true", "train.maxSteps=null", "optimizer.lr=1e-9"]
        .concat("validation.patience=1", "validation.metric=class:ring")
        .flatMap((value) => ["--set", value]);
      const { code, out: stdout, err } = await runHere(
        ...["train", "--resume", out, "--allow-different", "--json", ...more],
      );
      assert.equal(code, 0, err);
      const { reason, report, predictions } = JSON.parse(stdout);
      assert.equal(reason, "early-stop");
      assert.deepEqual([predictions, report], written.map((name) => join(out, name)));
      assert.match(await readFile(report, "utf8"), /^\s*<!doctype html>/);
    },
  );

  test(
    "segadv train's report is a line of warning where it fails, and the run is whole",
    patient,
    async () => {
      const out = join(temporaryFolder(), "run");
      await mkdir(join(out, "report.html"), { recursive: true });
      const args = ["--max-steps", "1", "--json", "--out", out];
      const { code, out: stdout, err } = await runHere(...tiny, ...args);
      assert.equal(code, 0, err);
      assert.equal(JSON.parse(stdout).report, null);
      const warnings = err.split("\n").filter((line) => line.startsWith("warning:"));
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0]!,
        /the run is complete, but has no report .*: Cannot write .*report/,
      );

      await rm(join(out, "report.html"), { recursive: true });
      const again = await runHere("train", "--resume", out, "--json");
      assert.equal(JSON.parse(again.out).report, join(out, "report.html"), again.err);
    },
  );
});
