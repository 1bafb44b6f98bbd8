/**
 * What a run says while it goes: every sink (JSON lines, progress line, reports) sees only these.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import type { InputRule } from "../weights/name_maps/name_map.ts";
import type { Scores } from "../metrics/scores.ts";

/** Losses and health figures of one step, under the names of the method. */
export type StepLog = Record<string, number>;

/** The logs of one step on the host. */
export interface StepMetrics {
  step: number;
  /** Samples of the batch. */
  ids: string[];
  logs: StepLog;
}

/** Emitted before the first batch, and again where a run is resumed. */
export interface StartEvent {
  type: "start";
  /** Milliseconds since the epoch. */
  time: number;
  config: Config;
  /** What `auto` became. */
  backend: string;
  /** Adapter or processor, in words. */
  device: string;
  /** What the bits depend on, kernels by hash; absent in older logs. */
  build?: string;
  classes: string[];
  /** One line that says how the data's folder is read, where that was found out. */
  dataSaid?: string;
  stepsPerEpoch: number;
  totalSteps: number;
  /** Numbers of weights; `frozen`: those of G that stay as they are (`model.freeze`), where any do. */
  parameters: { segmentation: number; discriminator: number; frozen?: number };
  /** Weights of the classes in L_seg (`loss.classWeights`); absent without. */
  classWeights?: number[];
  /** Where G's first weights came from (`model.init`); absent where they are random. */
  initialization?: {
    path: string;
    format: string;
    origin: string;
    /** Numbers of weights that came from the file, and that are zero as its origin has none. */
    copied: number;
    zero: number;
    /** Weights that kept their random start. */
    fresh: string[];
    /** What the weights were trained with; `null` where the file does not tell. */
    input: InputRule | null;
  };
}

/** Emitted at each reading of the losses, with the values of one step. */
export interface StepEvent {
  type: "step";
  time: number;
  /** Steps done, from 1. */
  step: number;
  /** Epoch in progress, from 1. */
  epoch: number;
  logs: StepLog;
  /** Training images per second since the reading before. */
  imagesPerSecond: number;
  /** Share of wall time spent waiting for data since the reading before, 0..1. */
  dataShare: number;
}

/** Emitted after each validation. */
export interface ValidationEvent {
  type: "validation";
  time: number;
  step: number;
  epoch: number;
  split: string;
  scores: Scores;
  /** Whether this is the best so far, by `validation.metric`. */
  best: boolean;
}

/** Emitted after each validation: what the network makes of the split's first image. */
export interface SampleEvent {
  type: "sample";
  time: number;
  step: number;
  epoch: number;
  /** Name of the image. */
  id: string;
  /** At most 256 pixels a side. */
  width: number;
  height: number;
  /** Palette PNG of class indices in base64. */
  png: string;
}

/** Something the user should know that does not stop the run. */
export interface WarningEvent {
  type: "warning";
  time: number;
  step: number;
  message: string;
}

/** Emitted after `start` where a run goes on from a checkpoint. */
export interface ResumeEvent {
  type: "resume";
  time: number;
  /** Steps done. */
  step: number;
  epoch: number;
  /** File that the state came from. */
  checkpoint: string;
  /** Lines of the log that came after the checkpoint: what they tell happens again. */
  droppedEvents: number;
  /** Learning rates of the segmentation network in the last step before and in the first from here. */
  rates: { before: number; after: number };
}

/** Emitted where a run goes back to a checkpoint (`train.onNonFinite: rollback`). */
export interface RollbackEvent {
  type: "rollback";
  time: number;
  /** Steps done at the checkpoint: what was logged of later ones is void. */
  step: number;
  epoch: number;
  /** File that the state came from. */
  checkpoint: string;
  /** What both learning rates are multiplied by from here on. */
  rateScale: number;
}

/** Emitted after each checkpoint. */
export interface CheckpointEvent {
  type: "checkpoint";
  time: number;
  step: number;
  path: string;
  bytes: number;
  seconds: number;
}

/** Emitted in place of `end` where an error ends a run. */
export interface FailureEvent {
  type: "failure";
  time: number;
  step: number;
  message: string;
  /** Step to resume from, `null` where there is no checkpoint. */
  resumable: number | null;
}

/** Emitted once, last. */
export interface EndEvent {
  type: "end";
  time: number;
  step: number;
  reason: "finished" | "max-steps" | "early-stop" | "aborted" | "non-finite";
  seconds: number;
  /** SHA-256 of all weights of G, with `train.ema` of their average, hexadecimal. */
  weightsSha256: string;
  /** Tensor memory of the backend at the end, and its peak since the backend was started. */
  memory: { tensors: number; bytes: number; peakBytes: number };
  /** Damaged training samples that were left out, each named in a warning; absent where none. */
  skipped?: number;
}

/** Any event of a run. */
export type TrainEvent =
  | StartEvent
  | ResumeEvent
  | RollbackEvent
  | StepEvent
  | ValidationEvent
  | SampleEvent
  | CheckpointEvent
  | WarningEvent
  | FailureEvent
  | EndEvent;

/** Scores of one validation with the moment they were taken. */
export interface RunScores extends Scores {
  /** From 1. */
  epoch: number;
  /** Steps done. */
  step: number;
}

/** Summary of a run. */
export interface TrainResult {
  /** Folder of the run, or `null` where nothing was written. */
  run: string | null;
  /** Backend that trained. */
  backend: string;
  /** Steps done. */
  steps: number;
  /** Wall time, that before a resume included. */
  seconds: number;
  /** Validation with the highest mIoU, `null` if there was none. */
  best: RunScores | null;
  /** Last validation. */
  last: RunScores | null;
  /** SHA-256 of all weights of G, hexadecimal. */
  weightsSha256: string;
  /** Step that the run was resumed at, all of them if it had ended before; `null`: begun here. */
  resumedAt: number | null;
  /** Why the run ended. */
  reason: EndEvent["reason"];
}
