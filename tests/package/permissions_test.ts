import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { longSkip } from "../support/long_test.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const root = fileURLToPath(new URL("../../", import.meta.url));
const skip = "deno" in process.versions ? false : "permissions are Deno's";

/** The commands of README.md by their subcommand, as words behind `deno`. */
async function commands(): Promise<Map<string, string[]>> {
  const text = await readFile(join(root, "README.md"), "utf8");
  const lines = text.split("\n").filter((line) => line.startsWith("deno run --allow-read="));
  return new Map(lines.map((line) => {
    const words = line.split(" ").slice(1);
    return [words[words.indexOf("cli/mod.ts") + 1]!, words];
  }));
}

function run(words: string[]): Promise<{ code: number; text: string }> {
  const [first, ...rest] = words;
  const child = spawn(process.execPath, [first!, "--no-prompt", "--no-check", ...rest], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => text += chunk);
  }
  return new Promise((resolve) => child.on("close", (code) => resolve({ code: code ?? -1, text })));
}

/** The command without each of its permissions, and without each value of the named ones. */
function weaker(words: readonly string[], options: { apart: readonly string[] }): string[][] {
  return words.flatMap((word, i) => {
    if (!word.startsWith("--allow-")) return [];
    const without = [...words.slice(0, i), ...words.slice(i + 1)];
    const [flag, values] = word.split("=") as [string, string];
    if (!options.apart.includes(flag)) return [without];
    const names = values.split(",");
    return names.map((name) => {
      const rest = values.split(",").filter((other) => other !== name);
      return words.with(i, `${flag}=${rest.join()}`).filter((part) => part !== `${flag}=`);
    });
  });
}

const GRID = `
preset: fixtures
set: { backend: wasm, model.width: 0.03, train.maxSteps: 1, data: { crop: [32, 32], batch: 1 } }
seeds: [1]
trials: [{ name: a }]
`;

describe("README.md", { skip }, () => {
  let folder: string;
  let words: (command: string) => string[];

  before(async () => {
    folder = temporaryFolder();
    for (const part of ["data", "runs", "out"]) await mkdir(join(folder, part));
    const picture = "fixtures/VOCdevkit/VOC2012/JPEGImages/shapes_00.jpg";
    await copyFile(join(root, picture), join(folder, "data/a.jpg"));
    const all = await commands();
    words = (command) =>
      all.get(command)!.map((word) =>
        word.replaceAll("DATA", join(folder, "data")).replaceAll("OUT", join(folder, "out"))
          .replaceAll("RUNS", join(folder, "runs"))
      );
  });

  test(
    "README.md gives permissions that suffice for train, eval, predict and report, and no more",
    {
      timeout: 300_000,
    },
    async () => {
      const train = [...words("train"), "--max-steps", "1", "--set", "model.width=0.03"];
      assert.match((await run(train)).text, /stopped at train\.maxSteps: 1 step .*report\.html/s);
      const resume = train.slice(0, train.indexOf("--out"))
        .concat("--resume", join(folder, "runs/run"), "--max-steps", "2");
      assert.match((await run(resume)).text, /stopped at train\.maxSteps: 2 steps /);
      for (const command of ["eval", "predict", "report"]) {
        const few = command === "report" ? ["--images", "2"] : [];
        const whole = [...words(command), ...few];
        const { code, text } = await run(whole);
        assert.equal(code, 0, text);
        for (const less of weaker(whole, { apart: [] })) {
          const { code, text } = await run(less);
          assert.notEqual(code, 0, less.join(" "));
          assert.doesNotMatch(text, /\n +at /, "no stack trace");
        }
      }
      const blind = await run(words("eval").filter((word) => !word.startsWith("--allow-env=")));
      assert.match(blind.text, /the YAML parser asks for .*--allow-env=LOG_STREAM,LOG_TOKENS/);
      assert.match(await readFile(join(folder, "out/report.html"), "utf8"), /<svg /);
    },
  );

  test("README.md gives permissions that suffice for sweep, and none that could be left out", {
    skip: longSkip,
    timeout: 300_000,
  }, async () => {
    await writeFile(join(folder, "data/grid.yaml"), GRID);
    const sweep = words("sweep");
    const plan = sweep.slice(0, sweep.indexOf("run", 1))
      .concat("plan", join(folder, "data/grid.yaml"), "--out", sweep.at(-1)!);
    assert.equal((await run(plan)).code, 0);
    const outcomes = weaker(sweep, { apart: ["--allow-env", "--allow-sys"] })
      .filter((words) => words.join().includes("LOG_STREAM,LOG_TOKENS")); // those: with train
    assert.equal(outcomes.length, 2 + 3 + 2);
    for (const less of outcomes) {
      const { text } = await run(less);
      assert.doesNotMatch(text, /all 1 trial finished/, less.join(" "));
    }
    const { code, text } = await run(sweep);
    assert.equal(code, 0, text);
    assert.match(text, /all 1 trial finished/);
  });

  test("README.md gives train no permission that could be left out", {
    skip: longSkip,
    timeout: 300_000,
  }, async () => {
    const train = [...words("train"), "--max-steps", "1", "--set", "model.width=0.03"];
    const cases = weaker(train, { apart: ["--allow-env"] });
    assert.equal(cases.length, 5);
    for (const less of cases) {
      await rm(join(folder, "runs/run"), { recursive: true, force: true });
      const { code, text } = await run(less);
      assert.notEqual(code, 0, less.join(" "));
      assert.doesNotMatch(text, /finished|stopped at/);
    }
  });

  test("README.md allows neither network nor programs nor native libraries", async () => {
    const all = [...(await commands()).values()].flat();
    assert.deepEqual(all.filter((word) => /^(-A|--allow-(all|net|run|ffi|import))/.test(word)), []);
    assert.equal((await commands()).size, 5);
  });
});
