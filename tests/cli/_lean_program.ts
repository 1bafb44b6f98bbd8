/**
 * Runs a command line in this process; the last line of stdout says whether that has loaded
 * TensorFlow.js, whose core leaves its engine in the global scope.
 */
import process from "node:process";
import { runCli } from "../../cli/create_cli.ts";
import { processTerminal } from "../../cli/ui/terminal.ts";

const terminal = processTerminal();
const { signal } = new AbortController();
const code = await runCli(process.argv.slice(2), { terminal, signal });
await terminal.out.flush();
process.stdout.write(`\ncode ${code}, tfjs ${"_tfengine" in globalThis}\n`);
