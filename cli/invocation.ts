import { shellWord } from "@segadv/segadv/util";
import { basename, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import manifest from "./deno.json" with { type: "json" };

/** The program beside this file, as another process would start it: not a module that this imports. */
const ENTRY = "./mod.ts";

/** What a bundle of this program may set: how it is started there. */
const scope = globalThis as { segadvInvocation?: string };

/** How the package from npm is started, and its version in Deno's cache. */
const FROM_NPM = { deno: "deno run -A npm:segadv", bun: "bunx segadv", node: "npx segadv" };

/** What this program runs as. */
interface Program {
  runtime: keyof typeof FROM_NPM;
  /**
   * - `source`: this file, from a folder or over http;
   * - `npm`: compiled to JavaScript;
   * - `binary`: the runtime's executable contains it (`deno compile`).
   */
  form: "source" | "npm" | "binary";
  entry: URL;
}

/** How this program was started, for commands that the user can copy: `bun cli/mod.ts`. */
export function invocation(): string {
  return scope.segadvInvocation ?? invocationOf(describeProgram());
}

/** A command of this program that the user can copy into a shell. */
export function commandLine(...words: readonly string[]): string {
  return [invocation(), ...words.map(shellWord)].join(" ");
}

/** Words that start this program again in another process or on another machine. */
export function selfCommand(): string[] {
  return selfCommandOf(describeProgram(), process);
}

/** What one types to start a program of this form. */
export function invocationOf({ runtime, form, entry }: Program): string {
  if (form === "binary") return shellWord(basename(process.execPath));
  if (form === "npm") return FROM_NPM[runtime];
  if (entry.protocol !== "file:") return "deno run -A jsr:@segadv/cli";
  const start = runtime === "deno" ? "deno run -A" : runtime;
  return `${start} ${shellWord(relative(process.cwd(), fileURLToPath(entry)))}`;
}

/** Words that start a program of this form, `argv` and `execPath` being those of its process. */
export function selfCommandOf(
  { runtime, form, entry }: Program,
  { execPath, argv }: Pick<typeof process, "execPath" | "argv">,
): string[] {
  if (form === "binary") return [execPath];
  const words = [execPath, ...(runtime === "deno" ? ["run", "-A"] : [])];
  if (form === "source") {
    return [...words, entry.protocol === "file:" ? fileURLToPath(entry) : entry.href];
  }
  // Deno starts a package by its name, not by a file of its cache
  return [...words, runtime === "deno" ? `npm:segadv@${manifest.version}` : argv[1]!];
}

function describeProgram(): Program {
  const { versions, execPath } = process;
  const runtime = "deno" in versions ? "deno" : "bun" in versions ? "bun" : "node";
  const isBinary = runtime === "deno" && !/^deno(\.exe)?$/i.test(basename(execPath));
  const form = isBinary ? "binary" : import.meta.url.endsWith(".js") ? "npm" : "source";
  return { runtime, form, entry: new URL(ENTRY, import.meta.url) };
}
