import { readFileSync, writeFileSync } from "node:fs";

/** Starts measuring the most memory that this process holds anew; Linux only. */
export function resetPeakMemory(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // no such system, or no right to
  }
}

/** The most memory this process has held since, in MiB; `null` where the system does not tell. */
export function peakMemoryMiB(): number | null {
  try {
    const found = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"));
    return found === null ? null : Number(found[1]) / 1024;
  } catch {
    return null;
  }
}
