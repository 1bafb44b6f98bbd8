import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What a failing disk came to. */
export interface FaultReport {
  /** Calls that change the disk in a run and in its resumption. */
  sites: number;
  /** Sites that failed, each way counted; of tensors in one file the first, middle and last. */
  injected: number;
  /** Of them those that ended in an error. */
  refused: number;
  /** Of them those that the run could do without. */
  survived: number;
  /** Runs that left nothing broken, and ended right once the disk was well. */
  right: number;
  faults: string[];
}

/**
 * Traces everything that changes the disk in a run and in its resumption, and lets it fail there:
 * the disk full from then on, or one error of the device. Each time the error must name the file,
 * what is on the disk must be whole, and the run must end right when the disk is well again. In a
 * process of its own, where an import map puts a failing file system in the place of Node's.
 *
 * @param options Takes every n-th site, from the `first`-th on.
 */
export async function diskFaults(
  options: { every: number; first: number },
): Promise<FaultReport> {
  const folder = await mkdtemp(join(tmpdir(), "segadv-faults-"));
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const flags = ["run", "-A", "--no-check", `--import-map=${path("./faulty_fs.json")}`];
  const args = [
    ...flags,
    path("./_disk_faults_program.ts"),
    folder,
    `${options.every}`,
    `${options.first}`,
  ];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as FaultReport;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
