/**
 * Sums JUnit reports of `deno test` and `bun test`: `deno run -A tasks/tally.ts FOLDER [stage…]`
 * prints `N passed, N failed` as its last line. Named stages are those that failed as a whole; they
 * count as failures where no test explains them, so the line never looks better than the exit code.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** How many tests ended how. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Counts the tests of one JUnit report. Deno reports a `describe()` as a test of its own beside the
 * tests in it; such a group is counted only where it failed without any of its tests failing, as
 * it does when a hook throws.
 *
 * @throws {SyntaxError} If the text is not a complete JUnit report.
 */
export function tally(report: string): Tally {
  if (!/<\/testsuites>\s*$/.test(report)) {
    throw new SyntaxError("Cannot count the tests: the JUnit report is incomplete");
  }
  const cases = [...report.matchAll(/<testcase name="([^"]*)"[^>]*?(\/>|>([\s\S]*?)<\/testcase>)/g)]
    .map(([, name = "", , body = ""]) => ({
      name,
      outcome: /<(failure|error)\b/.test(body)
        ? "failed" as const
        : /<skipped\b/.test(body)
        ? "skipped" as const
        : "passed" as const,
    }));
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, outcome } of cases) {
    const members = cases.filter((other) => other.name.startsWith(`${name} &gt; `));
    const explained = outcome !== "failed" || members.some((member) => member.outcome === "failed");
    if (members.length > 0 && explained) continue;
    total[outcome]++;
  }
  return total;
}

async function main(folder: string, failedStages: string[]): Promise<void> {
  const sum: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const name of (await readdir(folder)).filter((name) => name.endsWith(".xml")).sort()) {
    const { passed, failed, skipped } = tally(await readFile(join(folder, name), "utf8"));
    console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  for (const stage of failedStages) console.log(`failed stage: ${stage}`);
  sum.failed ||= failedStages.length;
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

if (import.meta.main) {
  const [folder = ".", ...failedStages] = process.argv.slice(2);
  await main(folder, failedStages);
}
