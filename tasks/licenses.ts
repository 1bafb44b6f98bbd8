/**
 * `deno task licenses`: the licence of every package that `deno.lock` names, direct or not. Fails
 * where one is copyleft or not known to be permissive.
 */
import process from "node:process";
import { lockedPackages } from "./supply/locked_packages.ts";

/** Licences that ask for no more than a notice. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

/** Whether an SPDX expression leaves a choice that is permissive. */
export function isPermissive(expression: string): boolean {
  return expression.replace(/[()]/g, " ").split(/\s+OR\s+/).some((choice) =>
    choice.trim().split(/\s+AND\s+/).every((name) => PERMISSIVE.has(name.trim()))
  );
}

async function main(): Promise<void> {
  const packages = await lockedPackages();
  const counts = new Map<string, number>();
  const refused = packages.filter(({ license }) => license === null || !isPermissive(license));
  for (const { license } of packages) {
    const name = license ?? "unknown";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [license, count] of [...counts].sort(([, a], [, b]) => b - a)) {
    console.log(`${String(count).padStart(4)}  ${license}`);
  }
  for (const { name, version, license } of refused) {
    console.error(`${name} ${version}: ${license ?? "no licence is known"}`);
  }
  if (refused.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main();
