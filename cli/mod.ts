/**
 * The command line of segadv: train, score and use semantic-segmentation networks with the
 * adversarial framework with temperatures.
 *
 * ```sh
 * deno run -A jsr:@segadv/cli train
 * ```
 *
 * @example The same from a script
 * ```ts ignore
 * import { main } from "@segadv/cli";
 *
 * await main(process.argv);
 * ```
 *
 * @module
 */
import process from "node:process";
import { main } from "./main.ts";

export { createCli } from "./create_cli.ts";
export { main };

if (import.meta.main) await main(process.argv);
