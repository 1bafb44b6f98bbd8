import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { cp, mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openCheckpoint } from "../../lib/train/run/checkpoint.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { subjectConfig } from "./subject.ts";

/** What disks of many sizes came to. */
export interface DiskReport {
  sizes: number;
  /** Attempts that ended in an error, by what could not be written. */
  refused: Record<string, number>;
  /** Sizes at which the run ended in the right weights once there was room. */
  right: number;
  readOnly: string;
  deleted: string;
  faults: string[];
}

/** Whether this process may mount a file system of its own. */
export function canMount(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0 &&
    attempt(() => {
      const path = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
      mount(path, "size=64k");
      unmount(path);
    });
}

/**
 * Runs on a disk that fills up: with room for nothing, for a part of a checkpoint, for one and for
 * more. Each time the error must name what it could not write, every checkpoint on the disk must be
 * whole, and with room again the run must end as one that never met a full disk. Needs root.
 *
 * @param options `shift` in 0..1 moves all sizes by a part of the distance between two.
 */
export async function fillDisks(
  options: { sizes: number; shift?: number },
): Promise<DiskReport> {
  const { sizes, shift = 0 } = options;
  const disk = await mkdtemp(join(tmpdir(), "segadv-disk-"));
  const home = await mkdtemp(join(tmpdir(), "segadv-disk-"));
  const report: DiskReport = {
    ...{ sizes, refused: {}, right: 0, readOnly: "", deleted: "", faults: [] },
  };
  const config = await subjectConfig("threads=1");
  const whole = await train(config, { out: join(home, "whole") });
  const begun = await stopAt(4, join(home, "begun"));
  mount(disk, "size=24m");
  const run = join(disk, "run");
  const ballast = join(disk, "ballast");
  try {
    for (let i = 0; i < sizes; i++) {
      await rm(run, { recursive: true, force: true });
      await cp(begun, run, { recursive: true });
      // From nothing to a bit more than three checkpoints, which is what the run needs
      const free = Math.floor((i + shift) / sizes * 8 * 2 ** 20);
      const { bavail, bsize } = await statfs(disk);
      await writeFile(ballast, new Uint8Array(Math.max(0, Number(bavail) * Number(bsize) - free)));
      const fault = await resumeTraining(run).then(() => null, (error: Error) => error.message);
      if (fault !== null) {
        const site = siteOf(fault.slice(0, fault.indexOf(":")));
        report.refused[site] = (report.refused[site] ?? 0) + 1;
        if (!/disk is full|are free/.test(fault)) report.faults.push(`${free} bytes: ${fault}`);
      }
      await rm(ballast);
      for (const name of await readdir(join(run, "checkpoint"))) {
        if (name.endsWith(".tmp")) report.faults.push(`${free} bytes: ${name} was left`);
        else await (await openCheckpoint(join(run, "checkpoint", name))).close();
      }
      const { weightsSha256 } = await resumeTraining(run);
      if (weightsSha256 === whole.weightsSha256) report.right++;
      else report.faults.push(`${free} bytes: other weights`);
    }
    await rm(run, { recursive: true, force: true });
    await cp(begun, run, { recursive: true });
    execFileSync("mount", ["-o", "remount,ro", disk]);
    report.readOnly = await message(resumeTraining(run), disk);
    execFileSync("mount", ["-o", "remount,rw", disk]);
    let deleted = false;
    report.deleted = await message(
      resumeTraining(run, {
        onEvent: (event) => {
          if (event.type === "step" && !deleted) deleted = deleteNow(run);
        },
      }),
      disk,
    );
  } finally {
    unmount(disk);
    await rm(disk, { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  }
  return report;
}

/** Deletes a folder that is written to; whether it is gone. */
function deleteNow(folder: string): boolean {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return true;
    } catch {
      // a file came while the folder went
    }
  }
  return false;
}

/** The kind of file that an error is about. */
function siteOf(message: string): string {
  if (message.startsWith("Cannot lock")) return "run.lock";
  const sites = ["checkpoint", "events.jsonl", "config.yaml", "metrics.json", "best", "model"];
  return sites.find((site) => message.includes(site)) ?? message;
}

async function stopAt(step: number, out: string): Promise<string> {
  const controller = new AbortController();
  await train(await subjectConfig("threads=1"), {
    out,
    signal: controller.signal,
    onEvent: (event) => event.type === "step" && event.step === step && controller.abort(),
  });
  return out;
}

async function message(run: Promise<unknown>, disk: string): Promise<string> {
  return await run.then(
    () => "no error",
    (error: Error) => error.message.replaceAll(disk, "DISK"),
  );
}

function mount(path: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
}

function unmount(path: string): void {
  execFileSync("umount", ["-l", path], { stdio: "ignore" });
}

function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
