import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const skip = "Deno" in globalThis ? false : "the gate runs under Deno";
const task = fileURLToPath(new URL("../../tasks/gate.ts", import.meta.url));

describe("deno.json task ok", { skip }, () => {
  let folder: string;

  before(async () => {
    folder = temporaryFolder();
    await writeFile(join(folder, "deno.json"), "{}\n");
    await writeFile(join(folder, "a.ts"), "export const a = 1;\n");
  });

  function gate(...args: string[]): { status: number | null; output: string } {
    const options = { cwd: folder, env: { ...process.env, NO_COLOR: "1" } };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["run", "-A", "--no-config", task, ...args],
      options,
    );
    return { status, output: `${stdout}${stderr}` };
  }

  test("deno.json task ok ends well, with the time of each stage, when every stage does", () => {
    const { status, output } = gate("--only", "format,lint");
    assert.equal(status, 0, output);
    assert.match(output, /format: ok \(\d+\.\d s\)[^]*lint: ok[^]*All is well/);
  });

  test("deno.json task ok names the stage that fails, runs the rest and ends with 1", async () => {
    await writeFile(join(folder, "a.ts"), "export   const a = 1\n");
    const { status, output } = gate("--only", "format,lint");
    assert.equal(status, 1, output);
    assert.match(output, /lint: ok[^]*Failed: format\n/);
  });

  test("deno.json task ok refuses a stage that it does not have", () => {
    const { status, output } = gate("--skip", "tests");
    assert.equal(status, 1);
    assert.match(output, /There is no stage "tests": known are format, lint/);
  });
});
