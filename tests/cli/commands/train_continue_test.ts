import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../support/cli_process.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { shapesFolder } from "../../support/shapes_folder.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const patient = { timeout: 300_000 };

/** Epochs of six steps. */
const TINY = ["train", "--backend", "wasm", "--no-report"].concat(
  [
    "model.name=fcn8s-vgg16",
    "model.width=0.03",
    "optimizer.lr=0.01",
    "data.crop=[32,32]",
    "data.batch=4",
    "threads=1",
  ]
    .concat("schedule.warmupEpochs=0", "validation.every=9")
    .flatMap((value) => ["--set", value]),
);

describe("segadv train", () => {
  test("segadv train --resume goes on with TensorBoard and CSV as the run has begun", async () => {
    const out = join(temporaryFolder(), "run");
    await runHere(
      ...TINY,
      "--epochs",
      "1",
      "--max-steps",
      "3",
      "--csv",
      "--tensorboard",
      "--out",
      out,
    );
    const { code, err } = await runHere("train", "--resume", out, "--max-steps", "6");
    assert.equal(code, 0, err);
    const rows = (await readFile(join(out, "steps.csv"), "utf8")).trim().split("\n");
    assert.deepEqual(rows.slice(1).map((row) => Number(row.split(",")[0])), [1, 2, 3, 4, 5, 6]);
    assert.equal((await readdir(join(out, "tensorboard"))).length, 2);
    const bare = join(temporaryFolder(), "run");
    await runHere(...TINY, "--epochs", "1", "--max-steps", "3", "--out", bare);
    await runHere("train", "--resume", bare, "--max-steps", "4");
    assert.ok(!existsSync(join(bare, "steps.csv")) && !existsSync(join(bare, "tensorboard")));
  });

  test("segadv train --resume --extend prints the learning rate before and after", async () => {
    const out = join(temporaryFolder(), "run");
    await runHere(...TINY, "--epochs", "1", "--out", out);
    const longer = ["train", "--resume", out, "--extend", "1"];
    const held = await runHere(...longer);
    assert.equal(held.code, 0, held.err);
    assert.match(
      held.out,
      /resumed at step 6, .*; learning rate 6\.7e-4 before, 6\.7e-4 from here/,
    );
    assert.match(held.out, /finished: 12 steps/);
    const again = await runHere(...longer, "--schedule", "restart");
    assert.match(
      again.out,
      /resumed at step 12, .*; learning rate 6\.7e-4 before, 0\.0100 from here/,
    );
  });

  test("segadv train takes --extend and --schedule only where they have a meaning", async () => {
    const cases = [
      [["--extend", "2"], /--extend needs --resume/],
      [["--schedule", "hold"], /--schedule needs --resume/],
      [["--resume", "run", "--schedule", "hold"], /--schedule says how --extend goes on/],
      [["--resume", "run", "--extend", "1", "--schedule", "strech"], /did you mean stretch/],
    ] as const;
    for (const [args, message] of cases) {
      const { code, err } = await runHere("train", ...args);
      assert.equal(code, 2);
      assert.match(err, message);
    }
  });

  test("segadv train --resume says how to go on with data that has moved", async () => {
    const folder = temporaryFolder();
    const data = await shapesFolder(join(folder, "data"));
    const out = join(folder, "Anna's Läufe");
    const own = ["--dataset", "folder", "--data", data, "--set", "data.batch=2"];
    await runHere(...TINY, ...own, "--epochs", "2", "--max-steps", "2", "--out", out);
    await rename(data, join(folder, "moved"));
    const { code, err } = await runHere("train", "--resume", out, "--max-steps", "4");
    assert.equal(code, 1);
    assert.match(err, /there is no folder \/\S+data; /);
    const [, printed] = /go on with: .*? (train --resume .* --data) FOLDER\n/.exec(err)!;
    const words = await shellWords(printed!);
    assert.deepEqual(words, ["train", "--resume", out, "--data"]);
    const moved = await runHere(...words, join(folder, "moved"), "--max-steps", "4");
    assert.equal(moved.code, 0, moved.err);
  });

  test("segadv train prints commands that a shell reads as they are meant", async () => {
    const out = join(temporaryFolder(), "Größe 1");
    const { out: text } = await runHere(...TINY, "--max-steps", "1", "--out", out);
    const [, words] = / (eval '.*')/.exec(text)!;
    assert.deepEqual(await shellWords(words!), ["eval", out]);
  });

  test(
    "segadv train without --out gives runs that start at once a folder each",
    patient,
    async () => {
      const cwd = temporaryFolder();
      const starts = Array.from(
        { length: 3 },
        () => runProcess([...TINY, "--max-steps", "1"], { cwd }),
      );
      for (const { code, err } of await Promise.all(starts)) assert.equal(code, 0, err);
      const names = await readdir(join(cwd, "runs"));
      assert.equal(names.length, 3);
      for (const name of names) assert.match(name, /^fixtures-\d{8}-\d{6}(-\d+)?$/);
    },
  );

  test("segadv train leaves no empty folder where a run cannot begin", patient, async () => {
    const cwd = temporaryFolder();
    await mkdir(join(cwd, "runs"));
    const { code } = await runProcess([...TINY, "--set", "data.valSplit=none"], { cwd });
    assert.equal(code, 1);
    assert.deepEqual(await readdir(join(cwd, "runs")), []);
  });

  test("segadv train goes on where stdout is on a full disk, and fails in the end", {
    ...patient,
    skip: existsSync("/dev/full") ? false : "needs /dev/full",
  }, async () => {
    const out = join(temporaryFolder(), "run");
    const entry = fileURLToPath(new URL("../../../cli/mod.ts", import.meta.url));
    const run = "deno" in process.versions ? ["run", "-A", entry] : [entry];
    const command = [process.execPath, ...run, ...TINY, "--max-steps", "7", "--out", out];
    const child = spawn("sh", ["-c", '"$@" > /dev/full', "sh", ...command]);
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (chunk) => err += chunk);
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 1);
    assert.match(err, /^error: stdout is incomplete, as it cannot be written: .*[Nn]o space left/m);
    assert.doesNotMatch(err, /\n +at /);
    const events = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n");
    const { type, step } = JSON.parse(events.at(-1)!);
    assert.deepEqual([type, step], ["end", 7]);
    assert.ok((await readdir(join(out, "checkpoint"))).includes("step-000000007.safetensors"));
  });
});

/** The words that a shell makes of a text. */
async function shellWords(text: string): Promise<string[]> {
  const child = spawn("sh", ["-c", `printf '%s\\n' ${text}`]);
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => out += chunk);
  await new Promise((resolve) => child.on("close", resolve));
  return out.trimEnd().split("\n");
}
