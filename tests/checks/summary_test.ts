import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readReport } from "../../tasks/summary.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

function outcomes(report: string): string[] {
  return readReport(report).map(({ name, outcome }) => `${name} ${outcome}`);
}

test("readReport() tells passed, failed and skipped tests apart", () => {
  const report = `<testsuites><testsuite>
    <testcase name="a" time="0"/><testcase name="b" time="0"></testcase>
    <testcase name="c"><failure message="x">y</failure></testcase>
    <testcase name="d"><error/></testcase><testcase name="e"><skipped /></testcase>
  </testsuite></testsuites>`;
  const expected = ["a passed", "b passed", "c failed", "d failed", "e skipped"];
  assert.deepEqual(outcomes(report), expected);
});

test("readReport() keeps a group only where it failed by itself", () => {
  const report = `<testsuites>
    <testcase name="g"></testcase><testcase name="g &gt; a"></testcase>
    <testcase name="h"><failure/></testcase><testcase name="h &gt; a"><failure/></testcase>
    <testcase name="i"><failure/></testcase><testcase name="i &gt; a"></testcase>
  </testsuites>`;
  const expected = ["g &gt; a passed", "h &gt; a failed", "i failed", "i &gt; a passed"];
  assert.deepEqual(outcomes(report), expected);
});

test("readReport() throws on a report that breaks off", () => {
  assert.throws(() => readReport('<testsuites><testcase name="a"/>'), SyntaxError);
});

const source = `
import { describe, it, test } from "node:test";
test("passes", () => {});
test("fails", () => { throw new Error("no"); });
describe("a group", () => {
  it("passes", () => {});
  it("fails", () => { throw new Error("no"); });
  it("is skipped", { skip: "by test" }, () => {});
});
`;
const skip = "Deno" in globalThis ? false : "it runs deno test";

describe("readReport() with the real runner", () => {
  test("readReport() reads what deno test reports", { skip }, async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, "a_test.ts"), source);
    const args = ["test", "--no-lock", `--junit-path=${join(folder, "a.xml")}`, "a_test.ts"];
    await assert.rejects(promisify(execFile)(process.execPath, args, { cwd: folder }));
    const report = await readFile(join(folder, "a.xml"), "utf8");
    assert.deepEqual(outcomes(report).sort(), [
      "a group &gt; fails failed",
      "a group &gt; is skipped skipped",
      "a group &gt; passes passed",
      "fails failed",
      "passes passed",
    ]);
  });
});

describe("tasks/summary.ts", () => {
  const passing = '<testsuites><testcase name="a"/><testcase name="b"/></testsuites>';
  const failing = '<testsuites><testcase name="c"><failure/></testcase></testsuites>';

  test(
    "tasks/summary.ts ends with the sum over all reports and fails if a test failed",
    { skip },
    async () => {
      assert.deepEqual(await sum([passing, failing]), ["2 passed, 1 failed", 1]);
      assert.deepEqual(await sum([passing, passing]), ["4 passed, 0 failed", 0]);
    },
  );

  test(
    "tasks/summary.ts counts a failed stage only where no test explains it",
    { skip },
    async () => {
      assert.deepEqual(await sum([passing], ["gate"]), ["2 passed, 1 failed", 1]);
      assert.deepEqual(await sum([failing], ["test"]), ["0 passed, 1 failed", 1]);
    },
  );

  test("tasks/summary.ts fails when nothing ran", { skip }, async () => {
    assert.deepEqual(await sum([]), ["0 passed, 0 failed", 1]);
  });
});

/** Runs the task over some reports: its last line and its exit code. */
async function sum(reports: string[], stages: string[] = []): Promise<[string, number]> {
  const folder = temporaryFolder();
  for (const [index, report] of reports.entries()) {
    await writeFile(join(folder, `${index}.xml`), report);
  }
  const task = fileURLToPath(new URL("../../tasks/summary.ts", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ["run", "-A", task, folder, ...stages]);
  return [stdout.toString().trimEnd().split("\n").at(-1)!, status ?? -1];
}
