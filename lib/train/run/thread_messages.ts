/** What the thread of a run says, and how its errors cross over. */
import { ConfigError, type ConfigIssue } from "../../config/config_error.ts";
import type { Config } from "../../config/config.ts";
import { MissingFolderError } from "../../data/dataset.ts";
import type { ResumeOptions } from "./resume.ts";
import type { TrainEvent, TrainResult } from "../events.ts";
import {
  InterruptedRunError,
  type NonFiniteDetails,
  NonFiniteError,
  ResumeError,
} from "../errors.ts";

/** What to train: a new run, or one to go on with. */
export type TrainJob =
  | { config: Config; out?: string }
  | ({ resume: string } & Pick<ResumeOptions, "overrides" | "allowDifferent" | "extend">);

/** One message. */
export type ThreadAnswer =
  | { kind: "ready" }
  | { kind: "event"; event: TrainEvent }
  | { kind: "done"; result: TrainResult }
  | { kind: "failed"; error: PackedRunError };

/** An error in plain values, with what its class needs to be made again. */
export interface PackedRunError {
  name: string;
  message: string;
  code?: unknown;
  interrupted?: { cause: PackedRunError; run: string; step: number };
  issues?: readonly ConfigIssue[];
  nonFinite?: NonFiniteDetails;
}

/** Takes an error apart. */
export function packError(error: unknown): PackedRunError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  const packed: PackedRunError = { name, message, code: (error as NodeJS.ErrnoException).code };
  if (error instanceof ConfigError) packed.issues = error.issues;
  if (error instanceof NonFiniteError) {
    const { step, epoch, what, ids, lastFinite, lastUpdate } = error;
    packed.nonFinite = { step, epoch, what, ids, lastFinite, lastUpdate };
  }
  if (error instanceof InterruptedRunError) {
    const { run, step, cause } = error;
    packed.interrupted = { run, step, cause: packError(cause) };
  }
  return packed;
}

const CLASSES: Record<string, new (message: string) => Error> = {
  SyntaxError,
  RangeError,
  TypeError,
  ResumeError,
  MissingFolderError,
};

/** Makes it again, of the same class. */
export function unpackError(packed: PackedRunError): Error {
  const { name, message, code, interrupted, issues, nonFinite } = packed;
  if (issues !== undefined) return new ConfigError(issues);
  if (interrupted !== undefined) {
    return new InterruptedRunError(unpackError(interrupted.cause), interrupted);
  }
  if (nonFinite !== undefined) {
    return Object.assign(new NonFiniteError(nonFinite), { message });
  }
  const error = new (CLASSES[name] ?? Error)(message);
  return code === undefined ? error : Object.assign(error, { code });
}
