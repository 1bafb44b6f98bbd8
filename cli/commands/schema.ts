/**
 * `segadv schema`: the configuration's JSON Schema.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import { type Context, humanStream } from "../context.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("schema").summary("print the JSON Schema of a configuration")
    .description("Print the JSON Schema of a configuration, for editors.")
    .action(() => run(context));
}

/** Prints the schema. */
export function run(context: Context): void {
  humanStream(context, false).write(`${JSON.stringify(catalog.schema, null, 2)}\n`);
}
