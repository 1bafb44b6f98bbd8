import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it, test } from "node:test";
import { promisify } from "node:util";
import { tally } from "../../tasks/tally.ts";

test("tally() counts passed, failed and skipped tests", () => {
  const report = `<testsuites><testsuite>
    <testcase name="a" time="0"/><testcase name="b" time="0"></testcase>
    <testcase name="c"><failure message="x">y</failure></testcase>
    <testcase name="d"><error/></testcase><testcase name="e"><skipped /></testcase>
  </testsuite></testsuites>`;
  assert.deepEqual(tally(report), { passed: 2, failed: 2, skipped: 1 });
});

test("tally() counts a group only where it failed by itself", () => {
  const report = `<testsuites>
    <testcase name="g"></testcase><testcase name="g &gt; a"></testcase>
    <testcase name="h"><failure/></testcase><testcase name="h &gt; a"><failure/></testcase>
    <testcase name="i"><failure/></testcase><testcase name="i &gt; a"></testcase>
  </testsuites>`;
  assert.deepEqual(tally(report), { passed: 2, failed: 2, skipped: 0 });
});

test("tally() throws on a report that breaks off", () => {
  assert.throws(() => tally('<testsuites><testcase name="a"/>'), SyntaxError);
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

describe("tally() with the real runner", () => {
  it("counts what deno test reports", { skip }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "segadv-tally-"));
    try {
      await writeFile(join(folder, "a_test.ts"), source);
      const args = ["test", "--no-lock", `--junit-path=${join(folder, "a.xml")}`, "a_test.ts"];
      await assert.rejects(promisify(execFile)(process.execPath, args, { cwd: folder }));
      const report = await readFile(join(folder, "a.xml"), "utf8");
      assert.deepEqual(tally(report), { passed: 2, failed: 2, skipped: 1 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
