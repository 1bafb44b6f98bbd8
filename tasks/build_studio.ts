/**
 * `deno task build:studio [FOLDER]`: bundles the studio's page, by default to where `segadv studio` and
 * the packages take it from.
 *
 * @module
 */
import { copyFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { bundlePage, leftOutside } from "./bundle_page.ts";

const ROOT = resolve(import.meta.dirname!, "..");

/** Makes the page in a folder. @throws {Error} If it needs a module that pages lack. */
export async function buildStudio(folder: string): Promise<void> {
  const entries = { studio: "studio/main.ts", worker: "studio/worker.ts" };
  const outside = leftOutside(await bundlePage(entries, folder));
  if (outside.length > 0) throw new Error(`A page cannot have this: ${outside.join("; ")}`);
  for (const name of ["index.html", "style.css"]) {
    await copyFile(join(ROOT, "studio", name), join(folder, name));
  }
}

if (import.meta.main) {
  await buildStudio(resolve(process.argv[2] ?? join(ROOT, "cli/studio/page")));
}
