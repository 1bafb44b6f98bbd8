import type { Config } from "../../lib/config/mod.ts";
import { subjectConfig } from "./subject.ts";

/** A run of six steps on a backend, with a checkpoint after every second. */
export async function matrixConfig(backend: string, ...more: string[]): Promise<Config> {
  return await subjectConfig(
    ...[`backend=${backend}`, "threads=1", "train.epochs=1", "schedule.warmupEpochs=0"],
    ...["train.logEvery=1", "checkpoint.everySteps=2", "validation.every=9", ...more],
  );
}
