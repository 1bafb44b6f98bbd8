import { relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How this program was started, for commands that the user can copy: `bun cli/mod.ts`. */
export function invocation(): string {
  const isDeno = "deno" in process.versions;
  const entry = new URL("./mod.ts", import.meta.url);
  if (entry.protocol !== "file:") return "deno run -A jsr:@segadv/cli";
  const path = relative(process.cwd(), fileURLToPath(entry));
  return `${isDeno ? "deno run -A" : "bun"} ${path}`;
}
