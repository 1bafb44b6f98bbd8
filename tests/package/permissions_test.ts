import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const skip = "deno" in process.versions ? false : "permissions are Deno's";

/** The commands of RELIABILITY.md by their subcommand, as words behind `deno`. */
async function commands(): Promise<Map<string, string[]>> {
  const text = await readFile(join(root, "RELIABILITY.md"), "utf8");
  const lines = text.split("\n").filter((line) => line.startsWith("deno run --allow-read"));
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

describe("RELIABILITY.md", { skip }, () => {
  let folder: string;
  let words: (command: string) => string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "segadv-rights-"));
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

  test("RELIABILITY.md gives permissions that suffice to train, resume, eval and predict", {
    timeout: 60_000,
  }, async () => {
    const train = [...words("train"), "--max-steps", "1"];
    assert.match((await run(train)).text, /stopped at train\.maxSteps: 1 step /);
    const resume = train.slice(0, train.indexOf("--out"))
      .concat("--resume", join(folder, "runs/run"), "--max-steps", "2");
    assert.match((await run(resume)).text, /stopped at train\.maxSteps: 2 steps /);
    for (const command of ["eval", "predict"]) {
      const { code, text } = await run(words(command));
      assert.equal(code, 0, text);
    }
  });

  test("RELIABILITY.md gives no permission that could be left out", {
    timeout: 60_000,
  }, async () => {
    const train = [...words("train"), "--max-steps", "1"];
    const flags = train.filter((word) => word.startsWith("--allow-"));
    assert.equal(flags.length, 4);
    for (const flag of flags) {
      await rm(join(folder, "runs/run"), { recursive: true, force: true });
      const { code, text } = await run(train.filter((word) => word !== flag));
      assert.notEqual(code, 0, `${flag} is not needed`);
      assert.doesNotMatch(text, /finished|stopped at/, flag);
    }
  });
});
