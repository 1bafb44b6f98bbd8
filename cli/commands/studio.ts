/**
 * `segadv studio`: a network in the browser.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { stat } from "node:fs/promises";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { wholeOption } from "../options.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("studio").summary("try a network in the browser")
    .description(
      "Open a page on this machine that applies a network to pictures as they are dropped on it. " +
        "Nothing is sent anywhere.",
    )
    .argument("[run]", "folder of a run or of a model; without it, open one in the page")
    .addOption(
      wholeOption("--port <n>", { about: "port to listen on; 0: any", min: 0 }).default(0),
    )
    .option("--build <dir>", "write the page and the network as files for any host, and end")
    .action((network, options) => run({ network: network ?? null, ...options }, context));
}

/** Serves until the signal, or writes the files. */
export async function run(
  { network, port, build: out }: {
    network: string | null;
    port: number;
    build?: string | undefined;
  },
  { terminal, signal }: Context,
): Promise<void> {
  if (network !== null && !await stat(network).then((found) => found.isDirectory(), () => false)) {
    throw new UsageError(`There is no folder ${network}: give the folder of a run or of a model`);
  }
  const { buildStudioSite, serveStudio } = await import("../studio/serve_studio.ts");
  if (out !== undefined) {
    await buildStudioSite({ network }, out);
    terminal.out.write(`wrote the studio to ${out}; serve it from any host\n`);
    return;
  }
  const served = await serveStudio({ network }, port);
  terminal.out.write(`${served.url} shows ${network ?? "the studio"}; Ctrl-C ends it\n`);
  try {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await served.close();
  }
}
