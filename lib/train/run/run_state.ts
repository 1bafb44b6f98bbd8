/**
 * Where a run is, and where it came from: what a checkpoint says beside its tensors.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import type { Versions } from "../../util/version.ts";
import type { RunScores } from "./train_result.ts";

/** A place in a run, from which it goes on as if it had never stopped. */
export interface RunState {
  /** Steps done. */
  step: number;
  /** Epoch in progress, from 1; beyond the last where all are done. */
  epoch: number;
  /** Steps of that epoch done. */
  epochStep: number;
  best: RunScores | null;
  last: RunScores | null;
  /** Returns to a checkpoint so far (`train.onNonFinite`). */
  rollbacks: number;
  /** Updates done, which Adam's bias correction counts. */
  updates: { segmentation: number; discriminator: number };
  /** Training time so far. */
  seconds: number;
  /** Length of `events.jsonl`. */
  eventBytes: number;
}

/** What has a say in the bits of a run. */
export interface RunProvenance {
  config: Config;
  versions: Versions;
  /** Name and build of the backend. */
  backend: { name: string; build: string };
  data: {
    classes: string[];
    /** Samples in the training split, and the SHA-256 of their names in order. */
    samples: number;
    idsSha256: string;
  };
}
