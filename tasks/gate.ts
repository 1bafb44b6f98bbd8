/**
 * The gate: `deno task ok` runs every check that a change must pass and says how long each took.
 *
 * - `--only a,b` and `--skip a,b` choose stages by name;
 * - `--reports DIR` writes a JUnit report of each test stage into DIR.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

/** One check of the gate. */
interface Stage {
  name: string;
  command: string[];
  folder?: string;
  /** The flag that makes the tool write a JUnit report to `path`. */
  report?: (path: string) => string[];
}

function denoReport(path: string): string[] {
  return [`--junit-path=${path}`];
}

function bunReport(path: string): string[] {
  return ["--reporter=junit", `--reporter-outfile=${path}`];
}

const deno = process.execPath;

/** All stages, the quickest to fail first. */
const STAGES: Stage[] = [
  { name: "format", command: [deno, "fmt", "--check"] },
  { name: "lint", command: [deno, "lint"] },
  { name: "types", command: [deno, "check"] },
  { name: "checks", command: [deno, "task", "--quiet", "checks"] },
  { name: "kernels", command: [deno, "run", "-A", "tasks/build_kernels.ts", "--check"] },
  { name: "publish", command: [deno, "publish", "--dry-run", "--allow-dirty"] },
  { name: "publish-cli", command: [deno, "publish", "--dry-run", "--allow-dirty"], folder: "cli" },
  { name: "test", command: [deno, "task", "--quiet", "test:all"], report: denoReport },
  { name: "doc", command: [deno, "task", "--quiet", "doc"], report: denoReport },
  { name: "test-bun", command: [deno, "task", "--quiet", "test:bun:all"], report: bunReport },
];

async function run({ name, command, folder, report }: Stage, reports?: string): Promise<boolean> {
  console.log(`\n— ${name}: ${command.map((word) => word === deno ? "deno" : word).join(" ")}`);
  const start = performance.now();
  const args = command.slice(1);
  if (report && reports) args.push(...report(join(reports, `${name}.xml`)));
  const ok = await new Promise<boolean>((resolve) => {
    const child = spawn(command[0]!, args, { cwd: folder, stdio: "inherit" });
    child.on("close", (code) => resolve(code === 0));
    child.on("error", () => resolve(false));
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`— ${name}: ${ok ? "ok" : "FAILED"} (${seconds} s)`);
  return ok;
}

function chosen(only: string | undefined, skip: string | undefined): Stage[] {
  const names = [only, skip].flatMap((list) => list?.split(",") ?? []);
  const unknown = names.find((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    const known = STAGES.map(({ name }) => name).join(", ");
    throw new RangeError(`There is no stage "${unknown}": known are ${known}`);
  }
  return STAGES.filter(({ name }) =>
    (!only || only.split(",").includes(name)) && !skip?.split(",").includes(name)
  );
}

async function main(args: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { only: text, skip: text, reports: text } });
  const failed: string[] = [];
  for (const stage of chosen(values.only, values.skip)) {
    if (!await run(stage, values.reports)) failed.push(stage.name);
  }
  console.log(failed.length > 0 ? `\nFailed: ${failed.join(", ")}` : "\nAll is well");
  process.exitCode = failed.length > 0 ? 1 : 0;
}

if (import.meta.main) await main(process.argv.slice(2));
