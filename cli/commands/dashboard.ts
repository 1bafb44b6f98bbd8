/**
 * `segadv dashboard`: running trainings in the browser.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { stat } from "node:fs/promises";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { wholeOption } from "../options.ts";

/** Default port. */
export const DASHBOARD_PORT = 6060;

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("dashboard").summary("watch runs in the browser")
    .description("Show the runs below a folder as they go, in the browser of this machine.")
    .argument("[dir]", "folder of runs or of a sweep", "runs")
    .addOption(
      wholeOption("--port <n>", { about: "port to listen on; 0: any", min: 0 })
        .default(DASHBOARD_PORT),
    )
    .action((folder, { port }) => run({ folder, port }, context));
}

/** Serves until the signal. */
export async function run(
  { folder, port }: { folder: string; port: number },
  { terminal, signal }: Context,
): Promise<void> {
  if (!await stat(folder).then((found) => found.isDirectory(), () => false)) {
    throw new UsageError(`There is no folder ${folder}`);
  }
  const { serveDashboard } = await import("../dashboard/create_dashboard.ts");
  const served = await serveDashboard(folder, port);
  terminal.out.write(`${served.url} shows ${folder}; Ctrl-C ends it\n`);
  try {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await served.close();
  }
}
