/** Makes one program of the command line, as `deno task compile` does, and trains with it. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findThreads } from "../../tasks/build_npm.ts";
import { longSkip } from "../support/long_test.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { lastLine, run } from "../support/command.ts";

const temporaryFolder = temporaryFolders();
const root = fileURLToPath(new URL("../..", import.meta.url));
const skip = longSkip || !("Deno" in globalThis) && "deno compile exists in Deno only";

/** The words of the task, for a program elsewhere. */
async function compileCommand(output: string): Promise<[string, ...string[]]> {
  const { tasks } = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  const [, ...words] = (tasks.compile.command as string).split(" ");
  return [process.execPath, ...words.map((word) => word === "dist/segadv" ? output : word)];
}

test("segadv compiled includes every module that runs in a thread", async () => {
  const words = await compileCommand("segadv");
  const included = words.filter((_, i) => words[i - 1] === "--include");
  assert.deepEqual(included.sort(), [...(await findThreads(root)).values()].sort());
});

describe("deno task compile", { skip }, () => {
  test(
    "segadv compiled is a program that trains without Deno's cache, bit-identical to the sources",
    {
      timeout: 600_000,
    },
    async (t) => {
      const folder = temporaryFolder();
      const program = join(folder, process.platform === "win32" ? "segadv.exe" : "segadv");
      try {
        await run(await compileCommand(program), { cwd: root });
      } catch (error) {
        // Deno fetches its runtime part for compiled programs from its own address, no registry has it
        if (!/denort/.test((error as Error).message)) throw error;
        t.skip("Deno cannot fetch denort here");
        return;
      }
      const args = ["train", "--backend", "wasm", "--max-steps", "20", "--no-report", "--json"];
      const set = ["--set", "data.workers=2"];
      const env = { DENO_DIR: join(folder, "cache") };
      const compiled = await run([program, ...args, ...set, "--out", "a"], { cwd: folder, env });
      const source: [string, ...string[]] = [
        process.execPath,
        "run",
        "-A",
        join(root, "cli/mod.ts"),
      ];
      const expected = await run([...source, ...args, "--out", "b"], { cwd: folder });
      const hashes = [compiled, expected].map(({ stdout }) =>
        (lastLine(stdout) as { weightsSha256: string }).weightsSha256
      );
      assert.match(hashes[0]!, /^[0-9a-f]{64}$/);
      assert.equal(hashes[0], hashes[1]);
      const { stderr } = await run([program, "doctor"], { cwd: folder, env });
      assert.doesNotMatch(stderr, /error/);
    },
  );
});
