/** The part of the repository that a file belongs to; lint rules differ between modules. */
export type Module = "mod" | "lib" | "cli" | "bench" | "tasks" | "tests" | "other";

const ROOT = new URL("../../", import.meta.url).pathname;
const FOLDERS: readonly Module[] = ["lib", "cli", "bench", "tasks", "tests"];

/** Finds the module of a file from its path, absolute or relative to the repository. */
export function moduleOf(path: string): Module {
  const unix = path.replaceAll("\\", "/");
  const inside = unix.startsWith(ROOT) ? unix.slice(ROOT.length) : unix;
  if (inside === "mod.ts") return "mod";
  return FOLDERS.find((folder) => inside.startsWith(`${folder}/`)) ?? "other";
}

/** Whether a file is shipped: the library, the command line, or the root's `mod.ts`. */
export function isShipped(path: string): boolean {
  return ["mod", "lib", "cli"].includes(moduleOf(path));
}
