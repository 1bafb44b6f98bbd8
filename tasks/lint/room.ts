/** Which part of the house a file belongs to; rules differ by room. */
export type Room = "mod" | "lib" | "runtime" | "cli" | "tasks" | "tests" | "other";

const ROOT = new URL("../../", import.meta.url).pathname;

const ROOMS: [prefix: string, room: Room][] = [
  ["lib/runtime/", "runtime"],
  ["lib/", "lib"],
  ["cli/", "cli"],
  ["tasks/bench/", "tests"],
  ["tasks/", "tasks"],
  ["tests/", "tests"],
];

/** Finds the room of a file from its path, absolute or relative to the repository. */
export function roomOf(path: string): Room {
  const unix = path.replaceAll("\\", "/");
  const inside = unix.startsWith(ROOT) ? unix.slice(ROOT.length) : unix;
  if (inside === "mod.ts") return "mod";
  return ROOMS.find(([prefix]) => inside.startsWith(prefix))?.[1] ?? "other";
}

/** Whether a file is shipped: the library, the command line, or the root's `mod.ts`. */
export function isShipped(path: string): boolean {
  return ["mod", "lib", "runtime", "cli"].includes(roomOf(path));
}
