/**
 * A whole run in one file.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { float32Values } from "../../weights/formats/float32_values.ts";
import { openSafetensors, type Safetensors } from "../../weights/formats/safetensors.ts";
import { type TensorSource, writeSafetensors } from "../../weights/formats/write_safetensors.ts";
import { nonFiniteState, ResumeError } from "../errors.ts";
import type { SavedState } from "../train_state.ts";
import type { RunProvenance } from "./provenance.ts";
import type { StateTensor } from "./state_tensors.ts";

/** A place in a run, and what beside its tensors goes on from there. */
export interface RunState extends SavedState {
  /** Updates done, which Adam's bias correction counts. */
  updates: { segmentation: number; discriminator: number };
  /** Length of `events.jsonl`. */
  eventBytes: number;
}

/** An opened checkpoint whose bytes agree with their SHA-256. */
export interface Checkpoint {
  path: string;
  state: RunState;
  provenance: RunProvenance;
  /**
   * Copies the tensors over those of a run. Nothing is changed unless all fit.
   *
   * @throws {Error} If a tensor is missing, unknown or of another shape.
   */
  restore(tensors: readonly StateTensor[]): Promise<void>;
  close(): Promise<void>;
}

const FORMAT = "segadv checkpoint 3";

/**
 * Writes a checkpoint in one step.
 *
 * @param path Ends in `.safetensors`.
 * @param content The state's tensors are read one at a time; `checkErrors` is asked after the last,
 * as a lost device gives zeros silently.
 * @returns Bytes written.
 * @throws {NonFiniteError} If a value is NaN or infinite: such a state is not kept.
 * @throws {Error} If the file cannot be written; an older one of that name stays.
 */
export async function writeCheckpoint(path: string, content: {
  state: RunState;
  provenance: RunProvenance;
  tensors: readonly StateTensor[];
  checkErrors: () => void | Promise<void>;
}): Promise<number> {
  const { state, provenance, tensors, checkErrors } = content;
  const sources = tensors.map((tensor) => sourceOf(tensor, state));
  return await writeSafetensors(path, sources, {
    metadata: {
      format: FORMAT,
      state: JSON.stringify(state),
      provenance: JSON.stringify(provenance),
    },
    beforeCommit: checkErrors,
  });
}

/** What {@linkcode writeCheckpoint} takes on the disk, but for the header. */
export function checkpointBytes(tensors: readonly StateTensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + 4 * tf.util.sizeFromShape(shape), 0);
}

/**
 * Opens a checkpoint and checks every byte of it.
 *
 * @throws {ResumeError} If its format is another.
 * @throws {Error} If it cannot be read, is damaged or is no checkpoint.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const file = await openSafetensors(path);
  try {
    await file.verify();
    const format = file.metadata.get("format");
    if (format !== FORMAT) {
      throw new ResumeError(
        `Cannot resume from ${path}: its format is ${JSON.stringify(format ?? "none")}, ` +
          `this version reads "${FORMAT}"`,
      );
    }
    return {
      path,
      state: JSON.parse(file.metadata.get("state")!) as RunState,
      provenance: JSON.parse(file.metadata.get("provenance")!) as RunProvenance,
      restore: (tensors) => restore(file, { tensors, path }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function sourceOf({ name, shape, value }: StateTensor, state: RunState): TensorSource {
  return {
    name,
    dtype: "F32",
    shape,
    async read() {
      const values = await value().data();
      const wrong = values.findIndex((v) => !Number.isFinite(v));
      if (wrong >= 0) {
        throw nonFiniteState(`weight ${name}[${wrong}] is ${values[wrong]}`, state);
      }
      return values;
    },
  };
}

async function restore(
  file: Safetensors,
  options: { tensors: readonly StateTensor[]; path: string },
): Promise<void> {
  const { tensors, path } = options;
  const wanted = new Set(tensors.map(({ name }) => name));
  const faults = [
    ...[...file.entries.keys()].filter((name) => !wanted.has(name))
      .map((name) => `${name} is unknown`),
    ...tensors.flatMap(({ name, shape }) => {
      const entry = file.entries.get(name);
      if (entry === undefined) return [`${name} is missing`];
      const fits = entry.dtype === "F32" && String(entry.shape) === String(shape);
      return fits ? [] : [`${name} is ${entry.dtype} [${entry.shape}], not F32 [${shape}]`];
    }),
  ];
  if (faults.length > 0) {
    const more = faults.length > 3 ? ` and ${faults.length - 3} more` : "";
    throw new ResumeError(
      `Cannot resume from ${path}: ${faults.slice(0, 3).join(", ")}${more}; the networks must be ` +
        "those of the run",
    );
  }
  for (const { name, shape, assign } of tensors) {
    const copy = tf.tensor(float32Values(await file.read(name), "F32"), shape);
    assign(copy);
    copy.dispose();
  }
}
