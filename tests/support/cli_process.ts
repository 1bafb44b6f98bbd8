import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./cli_terminal.ts";

const entry = fileURLToPath(new URL("../../cli/mod.ts", import.meta.url));
const run = "deno" in process.versions ? ["run", "-A", entry] : [entry];

/** Options of {@linkcode runProcess}. */
export interface ProcessOptions {
  /** Sent the signal once this text has appeared on stderr or stdout. */
  interruptAfter?: string;
  /** Variables beside those of this process, which is shared by all test files and stays as it is. */
  env?: Record<string, string>;
  /** Folder to start in. @default this process's */
  cwd?: string;
}

/** Runs a command line as a process of the current runtime. */
export function runProcess(
  args: readonly string[],
  { interruptAfter, env = {}, cwd }: ProcessOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [...run, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    cwd,
  });
  const outcome: Outcome = { code: -1, out: "", err: "" };
  let isInterrupted = interruptAfter === undefined;
  const collect = (name: "out" | "err") => (chunk: string): void => {
    outcome[name] += chunk;
    if (isInterrupted || !outcome[name].includes(interruptAfter!)) return;
    isInterrupted = true;
    child.kill("SIGINT");
  };
  child.stdout.setEncoding("utf8").on("data", collect("out"));
  child.stderr.setEncoding("utf8").on("data", collect("err"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // Deno reports an exit with 130 as the signal it stands for
    child.on("close", (code, signal) => {
      resolve({ ...outcome, code: code ?? 128 + constants.signals[signal!] });
    });
  });
}

/** Trains one step on the fixtures and gives the run's folder. */
export async function trainOneStep(folder: string): Promise<string> {
  const run = join(folder, "run");
  const args = ["train", "--backend", "wasm", "--max-steps", "1", "--no-report"];
  const { code, err } = await runProcess([...args, "--out", run]);
  if (code !== 0) throw new Error(`train ended with ${code}: ${err}`);
  return run;
}
