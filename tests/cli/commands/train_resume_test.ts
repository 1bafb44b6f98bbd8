import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../support/cli_process.ts";
import { longSkip } from "../../support/long_test.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const patient = { timeout: 300_000 };
const entry = fileURLToPath(new URL("../../../cli/mod.ts", import.meta.url));
const flags = "deno" in process.versions ? ["run", "-A", entry] : [entry];

/** A run of 12 steps with a checkpoint after each epoch of 6. */
const TINY = ["train", "--backend", "wasm", "--epochs", "2", "--no-report"].concat(
  ["model.width=0.03", "data.crop=[32,32]", "data.batch=4", "validation.every=100"]
    .concat("schedule.warmupEpochs=0", "threads=1", "data.workers=1") // a thread must not keep it alive
    .flatMap((value) => ["--set", value]),
);

/** Trains in a process and sends it signals once its log has that many steps. */
async function interrupt(
  out: string,
  options: { step: number; signals: NodeJS.Signals[] },
): Promise<number> {
  const args = [...flags, ...TINY, "--epochs", "1000", "--out", out, "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const closed = new Promise<number>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]))
  );
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text) => err += text);
  while (!(await logOf(out)).includes(`"step":${options.step},`)) {
    if (child.exitCode !== null) throw new Error(`the run ended early: ${child.exitCode}`);
    await moment();
  }
  // All of them arrive at once, however busy the machine is; child.kill() works once under Deno
  for (const signal of ["SIGSTOP", ...options.signals, "SIGCONT"] as const) {
    process.kill(child.pid!, signal);
  }
  const code = await closed;
  assert.match(err, /ending after this step; once more ends it at once/);
  return code;
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

async function logOf(out: string): Promise<string> {
  return await readFile(join(out, "events.jsonl"), "utf8").catch(() => "");
}

describe("segadv train --resume", () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGUSR1", 138]] as const) {
    test(
      `segadv train --resume goes on after ${signal}, which ends a run with ${code} and a checkpoint`,
      { ...patient, skip: signal === "SIGINT" ? false : longSkip },
      async () => {
        const folder = temporaryFolder();
        const out = join(folder, "run");
        assert.equal(await interrupt(out, { step: 3, signals: [signal] }), code);
        const events = (await logOf(out)).trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual(events.slice(-2).map(({ type }) => type), ["checkpoint", "end"]);
        const { step } = events.at(-1);

        // The schedule spans the epochs, so that fewer of them make another run of it
        const args = ["train", "--resume", out, "--backend", "wasm", "--json"];
        const refused = await runProcess([...args, "--epochs", "2"]);
        assert.equal(refused.code, 1);
        assert.match(refused.err, /train\.epochs 1000 became 2; .*--allow-different/);
        const resumed = await runProcess([...args, "--max-steps", String(step + 2)]);
        assert.equal(resumed.code, 0, resumed.err);
        assert.match(resumed.err, new RegExp(`resumed at step ${step}, from .*safetensors`));
        assert.equal(JSON.parse(resumed.out).steps, step + 2);
        const again = await runProcess([...args, "--max-steps", String(step + 2)]);
        assert.match(again.err, /this run had ended before: there is nothing left to do/);
        assert.equal(JSON.parse(again.out).weightsSha256, JSON.parse(resumed.out).weightsSha256);
      },
    );
  }

  test(
    "segadv train --resume has an older checkpoint or none after a second signal, which ends the process at once",
    patient,
    async () => {
      const folder = temporaryFolder();
      const out = join(folder, "run");
      const code = await interrupt(out, { step: 1, signals: ["SIGINT", "SIGTERM"] });
      assert.ok(code === 130 || code === 143, `${code}`); // of two at once, either may be first
      assert.doesNotMatch(await logOf(out), /"type":"end"/);
    },
  );

  test("segadv train --resume says what to type after Ctrl-C", patient, async () => {
    const folder = temporaryFolder();
    const out = join(folder, "run");
    const { code, err } = await runProcess(
      [...TINY, "--epochs", "1000", "--out", out, "--json"],
      {
        interruptAfter: "backend wasm",
      },
    );
    assert.equal(code, 130);
    assert.match(err, new RegExp(`mod\\.ts train --resume ${out}\\n`));
  });

  test("segadv train --resume refuses what does not go with it", patient, async () => {
    const cases = [
      [["--resume", "nowhere"], 2, /There is no run in nowhere: .*config\.yaml is missing/],
      [["--resume", "nowhere", "--out", "other"], 2, /leave out config\.yaml, --preset and --out/],
      [["--allow-different"], 2, /--allow-different needs --resume/],
    ] as const;
    for (const [args, code, message] of cases) {
      const outcome = await runProcess(["train", ...args]);
      assert.equal(outcome.code, code);
      assert.match(outcome.err, message);
    }
  });
});
