import { setTimeout as pause } from "node:timers/promises";

/** Waits until a condition holds, however slow the machine is; two minutes are a failure. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 120_000;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`Cannot wait longer for ${condition}`);
    await pause(10);
  }
}
