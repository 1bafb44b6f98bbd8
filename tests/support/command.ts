import { spawn } from "node:child_process";
import process from "node:process";

/** What a finished command left. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command to its end without a shell.
 *
 * @throws {Error} If the command cannot be started or ends with another code than 0; the message
 * holds all that it printed.
 */
export async function run(
  command: [string, ...string[]],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Finished> {
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env };
  const child = spawn(command[0], command.slice(1), { cwd: options.cwd, env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => stdout += chunk);
  child.stderr.on("data", (chunk) => stderr += chunk);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code === 0) return { code, stdout, stderr };
  throw new Error(`${command.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
}

/** The last line of a text, as JSON. */
export function lastLine(text: string): unknown {
  return JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");
}
