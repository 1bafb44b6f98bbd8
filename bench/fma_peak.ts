import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What one core of this machine can do at most in 128-bit multiply-adds, in GFLOP/s, for
 * orientation; `null` where there is no C compiler or no such instruction.
 */
export function fmaPeak(): number | null {
  const folder = mkdtempSync(join(tmpdir(), "segadv-fma-"));
  try {
    const program = join(folder, "fma_peak");
    const source = fileURLToPath(new URL("./fma_peak.c", import.meta.url));
    const flags = ["-O2", "-march=native", "-mprefer-vector-width=128", "-ffp-contract=fast"];
    if (spawnSync("cc", [...flags, source, "-o", program]).status !== 0) return null;
    const { status, stdout } = spawnSync(program, { encoding: "utf8" });
    return status === 0 ? Number(stdout) : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
