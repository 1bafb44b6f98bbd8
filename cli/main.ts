/**
 * The command line as a process.
 *
 * @module
 */
import process from "node:process";
import { runCli } from "./create_cli.ts";
import { processTerminal } from "./ui/terminal.ts";

/** Exit codes of the signals that end a command, as shells have them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGUSR1: 138 } as const;

/**
 * Runs the command line and ends the process with its exit code: 0, 1 for a failure, 2 for a
 * mistake in usage or configuration, 130 after Ctrl-C, 143 after SIGTERM, 138 after SIGUSR1 (which
 * batch systems send before they end a job). The first signal ends a run after its step, with a
 * checkpoint; a second one ends the process at once, unless it is SIGUSR1. A stdout that
 * cannot be written, as its disk is full, ends nothing: the command does its work, then fails with 1.
 *
 * @param argv Runtime, script and arguments, as in `process.argv`.
 */
export async function main(argv: readonly string[]): Promise<never> {
  const terminal = processTerminal();
  const controller = new AbortController();
  let signalCode: number | null = null;
  for (const [name, code] of Object.entries(SIGNALS)) {
    if (process.platform === "win32" && name === "SIGUSR1") continue;
    process.on(name, () => {
      if (signalCode !== null) {
        if (name === "SIGUSR1") return; // a notice, which may come on top of SIGTERM
        process.exit(signalCode);
      }
      signalCode = code;
      terminal.err.write("\nending after this step; once more ends it at once\n");
      controller.abort();
    });
  }
  const code = await runCli(argv.slice(2), { terminal, signal: controller.signal });
  await terminal.out.flush();
  const { failure } = terminal.out;
  if (failure !== null) {
    terminal.err.write(
      `error: stdout is incomplete, as it cannot be written: ${failure.message}\n`,
    );
  }
  await terminal.err.flush();
  process.exit(code === 1 || (code === 0 && failure !== null) ? 1 : signalCode ?? code);
}
