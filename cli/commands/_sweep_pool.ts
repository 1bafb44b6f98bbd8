import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Context } from "../context.ts";
import { selfCommand } from "../self_command.ts";

/** A trial that a worker process could not finish. */
export interface PoolFailure {
  index: number;
  /** What it wrote last. */
  message: string;
}

/** What a pool works on. */
export interface Pool {
  folder: string;
  indices: readonly number[];
  /** Worker processes at a time. */
  jobs: number;
  onDone(index: number): void;
}

/** Runs each trial in a process of its own, several at a time, sharing the cores. */
export async function runPool(
  { folder, indices, jobs, onDone }: Pool,
  { signal }: Pick<Context, "signal">,
): Promise<PoolFailure[]> {
  const threads = Math.max(1, Math.floor(availableParallelism() / jobs));
  const waiting = [...indices];
  const failures: PoolFailure[] = [];
  const work = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      if (signal.aborted) return;
      const message = await runWorker({ folder, index, threads }, signal);
      if (message === null) onDone(index);
      else if (!signal.aborted) failures.push({ index, message });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, work));
  return failures;
}

/** Runs one trial; its last words if it failed. */
async function runWorker(
  { folder, index, threads }: { folder: string; index: number; threads: number },
  signal: AbortSignal,
): Promise<string | null> {
  const [program = "", ...words] = selfCommand();
  const args = [...words, "sweep", "run", folder, "--index", `${index}`, "--threads", `${threads}`];
  // A group of its own: Ctrl-C reaches it once, by us
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  let heard = "";
  child.stderr.on("data", (chunk: Uint8Array) => {
    heard = (heard + new TextDecoder().decode(chunk)).slice(-4000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exit) => resolve(exit));
    });
    const words = heard.trim().split("\n").at(-1) ?? "";
    return code === 0 ? null : words || `ended with exit code ${code}`;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
