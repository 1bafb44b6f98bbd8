import { relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The program beside this file, as another process would start it: not a module that this imports. */
const ENTRY = "./mod.ts";

/** What a bundle of this program may set: how it is started there. */
const scope = globalThis as { segadvInvocation?: string };

/** How this program was started, for commands that the user can copy: `bun cli/mod.ts`. */
export function invocation(): string {
  if (scope.segadvInvocation !== undefined) return scope.segadvInvocation;
  const isDeno = "deno" in process.versions;
  const entry = new URL(ENTRY, import.meta.url);
  if (entry.protocol !== "file:") return "deno run -A jsr:@segadv/cli";
  const path = relative(process.cwd(), fileURLToPath(entry));
  return `${isDeno ? "deno run -A" : "bun"} ${path}`;
}

/** Words that start this program again in another process or on another machine. */
export function selfCommand(): string[] {
  const entry = new URL(ENTRY, import.meta.url);
  const path = entry.protocol === "file:" ? fileURLToPath(entry) : entry.href;
  const isDeno = "deno" in process.versions;
  return [process.execPath, ...(isDeno ? ["run", "-A"] : []), path];
}
