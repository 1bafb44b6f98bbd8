/**
 * Sums JUnit reports of `deno test` and `bun test`: `deno run -A tasks/summary.ts FOLDER [stage…]`
 * prints `N passed, N failed` as its last line. Named stages are those that failed as a whole; they
 * count as failures where no test explains them, so the line never looks better than the exit code.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** One test of a report. */
export interface TestOutcome {
  name: string;
  outcome: "passed" | "failed" | "skipped";
}

/**
 * Reads the tests of one JUnit report. Deno reports a `describe()` as a test of its own beside the
 * tests in it; such a group is kept only where it failed without any of its tests failing, as it
 * does when a hook throws.
 *
 * @throws {SyntaxError} If the text is not a complete JUnit report.
 */
export function readReport(report: string): TestOutcome[] {
  if (!/<\/testsuites>\s*$/.test(report)) {
    throw new SyntaxError("Cannot count the tests: the JUnit report is incomplete");
  }
  const tests = [...report.matchAll(/<testcase name="([^"]*)"[^>]*?(\/>|>([\s\S]*?)<\/testcase>)/g)]
    .map(([, name = "", , body = ""]): TestOutcome => ({ name, outcome: outcomeOf(body) }));
  return tests.filter(({ name, outcome }) => {
    const members = tests.filter((test) => test.name.startsWith(`${name} &gt; `));
    if (members.length === 0) return true;
    return outcome === "failed" && members.every((member) => member.outcome !== "failed");
  });
}

function outcomeOf(body: string): TestOutcome["outcome"] {
  if (/<(failure|error)\b/.test(body)) return "failed";
  return /<skipped\b/.test(body) ? "skipped" : "passed";
}

function count(tests: TestOutcome[], outcome: TestOutcome["outcome"]): number {
  return tests.filter((test) => test.outcome === outcome).length;
}

async function main(folder: string, failedStages: string[]): Promise<void> {
  const all: TestOutcome[] = [];
  for (const name of (await readdir(folder)).filter((name) => name.endsWith(".xml")).sort()) {
    const tests = readReport(await readFile(join(folder, name), "utf8"));
    for (const test of tests.filter(({ outcome }) => outcome !== "passed")) {
      console.log(`${name}: ${test.outcome}: ${test.name.replaceAll("&gt;", ">")}`);
    }
    const [passed, failed] = [count(tests, "passed"), count(tests, "failed")];
    console.log(`${name}: ${passed} passed, ${failed} failed, ${count(tests, "skipped")} skipped`);
    all.push(...tests);
  }
  for (const stage of failedStages) console.log(`failed stage: ${stage}`);
  const passed = count(all, "passed");
  const failed = count(all, "failed") || failedStages.length;
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

if (import.meta.main) {
  const [folder = ".", ...failedStages] = process.argv.slice(2);
  await main(folder, failedStages);
}
