import process from "node:process";
import { fileURLToPath } from "node:url";

/** Words that start this program again in another process or on another machine. */
export function selfCommand(): string[] {
  const entry = new URL("./mod.ts", import.meta.url);
  const path = entry.protocol === "file:" ? fileURLToPath(entry) : entry.href;
  const isDeno = "deno" in process.versions;
  return [process.execPath, ...(isDeno ? ["run", "-A"] : []), path];
}
