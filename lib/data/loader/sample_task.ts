import type { DataConfig } from "../../config/config.ts";
import type { Sample } from "../dataset.ts";
import type { DatasetLocation } from "../dataset_location.ts";

/** What a loading worker is told once. */
export interface SampleSetup {
  origin: DatasetLocation;
  config: Pick<DataConfig, "crop" | "augment" | "normalize">;
  seed: number;
}

/** One sample to prepare. */
export interface SampleTask {
  index: number;
  /** Its name, to notice a data set that changed since the main thread opened it. */
  id: string;
  epoch: number;
  /** Receives pixels and labels, and comes back. */
  buffer: ArrayBuffer;
  /** The sample as decoded before, in shared memory; `null`: to be decoded. */
  sample: Sample | null;
  /** Share the decoded sample if it has at most this many bytes. */
  keepBytes: number;
}

/** A prepared sample. */
export interface SampleResult {
  /** The task's buffer: RGB `[h * w * 3]`, then labels `[h * w]`. */
  buffer: ArrayBuffer;
  /** Pixels that are not ignored. */
  valid: number;
  /** What was decoded, in shared memory, if it is to be kept. */
  sample: Sample | null;
}
