import * as tf from "@tensorflow/tfjs";
import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { train } from "../../lib/train/run/train.ts";
import { subjectConfig } from "./subject.ts";

/** What a long run held, at a tenth of its way and at its end. */
export interface SoakReport {
  steps: number;
  seconds: number;
  tensors: [early: number, late: number];
  tensorBytes: [early: number, late: number];
  /** Open files below the run's folder; `null` where the system does not tell. */
  descriptors: [early: number, late: number] | null;
  /** Resident memory in MiB. */
  residentMiB: [early: number, late: number];
}

/** Trains for many steps, with a checkpoint every 50, and looks at what piles up. */
export async function soak(options: { steps: number }): Promise<SoakReport> {
  const { steps } = options;
  const folder = await mkdtemp(join(tmpdir(), "segadv-soak-"));
  const early = Math.floor(steps / 10);
  const readings: Reading[] = [];
  const pending: Promise<void>[] = [];
  const config = await subjectConfig(
    ...["train.epochs=100000", `train.maxSteps=${steps}`, "checkpoint.everySteps=50"],
    ...["validation.every=20", "schedule.warmupEpochs=0", "optimizer.lr=0.001"],
  );
  try {
    const { seconds } = await train(config, {
      out: join(folder, "run"),
      onEvent: (event) => {
        if (event.type !== "step") return;
        if (event.step === early || event.step === steps) pending.push(read(folder, readings));
      },
    });
    await Promise.all(pending);
    const [a, b] = readings as [Reading, Reading];
    const pair = (key: keyof Reading): [number, number] => [a[key]!, b[key]!];
    return {
      steps,
      seconds,
      tensors: pair("tensors"),
      tensorBytes: pair("tensorBytes"),
      descriptors: a.descriptors === null ? null : pair("descriptors"),
      residentMiB: pair("residentMiB"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Reading {
  tensors: number;
  tensorBytes: number;
  descriptors: number | null;
  residentMiB: number;
}

async function read(folder: string, into: Reading[]): Promise<void> {
  const { numTensors: tensors, numBytes: tensorBytes } = tf.memory();
  const residentMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  const reading: Reading = { tensors, tensorBytes, descriptors: null, residentMiB };
  into.push(reading);
  reading.descriptors = await openFilesBelow(folder);
}

/** Counts this process's open files below a folder: others may be open elsewhere at the same time. */
async function openFilesBelow(folder: string): Promise<number | null> {
  const descriptors = "/proc/self/fd";
  const names = await readdir(descriptors).catch(() => null);
  if (names === null) return null;
  const targets = names.map((name) => readlink(join(descriptors, name)).catch(() => ""));
  return (await Promise.all(targets)).filter((target) => target.startsWith(folder)).length;
}
