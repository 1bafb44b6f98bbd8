import type { Context } from "./context.ts";
import { createCli } from "./create_cli.ts";
import { INTERRUPTED, reportError } from "./errors.ts";

/** Runs a command line (without runtime and script) and gives its exit code. */
export async function runCli(args: readonly string[], context: Context): Promise<number> {
  try {
    const program = createCli(context);
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (context.signal.aborted) return INTERRUPTED; // the user knows why it ended
    return reportError(error, context.terminal.err);
  }
}
