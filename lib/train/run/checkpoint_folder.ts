/**
 * The checkpoints of a run: the last few and that of the best epoch.
 *
 * @module
 */
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { explainFileError, freeBytes, removeFile } from "../../util/files.ts";
import { mebibytes } from "../../util/format.ts";
import {
  type Checkpoint,
  checkpointBytes,
  openCheckpoint,
  type RunState,
  writeCheckpoint,
} from "./checkpoint.ts";
import type { StateTensor } from "./state_tensors.ts";

/** What {@linkcode CheckpointFolder.newest} found. */
export interface FoundCheckpoint {
  /** The newest that is whole; the caller closes it. `null` if there is none. */
  checkpoint: Checkpoint | null;
  /** Why newer ones were passed over, a line each. */
  damaged: string[];
}

/** The folder `checkpoint/` of a run. */
export class CheckpointFolder {
  readonly #path: string;

  /** @param path Need not exist yet. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Writes a checkpoint, then removes those beyond the last `keep`, but for the best epoch's.
   *
   * @returns Path and bytes of the file.
   * @throws {Error} If the disk has no room for it, before anything is written.
   */
  async write(
    content: Parameters<typeof writeCheckpoint>[1],
    options: { keep: number },
  ): Promise<{ path: string; bytes: number }> {
    const { state, tensors } = content;
    await this.#checkRoom(tensors);
    await this.#make();
    const path = join(this.#path, nameOf(state.step));
    const bytes = await writeCheckpoint(path, content);
    await this.#prune(state, options.keep);
    return { path, bytes };
  }

  /**
   * Opens the newest checkpoint whose bytes are all as they were written.
   *
   * @param before Only of those of fewer steps.
   */
  async newest(before = Infinity): Promise<FoundCheckpoint> {
    const damaged: string[] = [];
    const steps = (await this.#steps()).filter((step) => step < before);
    for (const step of steps.reverse()) {
      try {
        return { checkpoint: await this.open(step), damaged };
      } catch (error) {
        damaged.push((error as Error).message);
      }
    }
    return { checkpoint: null, damaged };
  }

  /**
   * Opens the checkpoint of a step.
   *
   * @throws {Error} If it is missing or damaged.
   */
  async open(step: number): Promise<Checkpoint> {
    return await openCheckpoint(join(this.#path, nameOf(step)));
  }

  /** Removes the checkpoints after a step: they lead to where the run has gone back from. */
  async removeAfter(step: number): Promise<void> {
    for (const later of (await this.#steps()).filter((other) => other > step)) {
      await removeFile(join(this.#path, nameOf(later)));
    }
  }

  /** Makes the folder, but not the run's around it: if that is gone, someone took it away. */
  async #make(): Promise<void> {
    await mkdir(this.#path).catch((error) => {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
      throw explainFileError(error, {
        attempt: `create ${this.#path}`,
        folder: dirname(this.#path),
      });
    });
  }

  async #checkRoom(tensors: readonly StateTensor[]): Promise<void> {
    const needed = checkpointBytes(tensors) + 2 ** 16;
    const free = await freeBytes(this.#path);
    if (free !== null && free < needed) {
      const [need, have] = [needed, free].map((bytes) => mebibytes(bytes));
      throw new Error(
        `Cannot write a checkpoint to ${this.#path}: it needs ${need} and ${have} are free; ` +
          "make room or lower checkpoint.keep",
      );
    }
  }

  async #prune({ step, best }: RunState, keep: number): Promise<void> {
    const steps = (await this.#steps()).filter((other) => other <= step);
    const kept = new Set([...steps.slice(-keep), best?.step]);
    for (const old of steps) {
      if (!kept.has(old)) await removeFile(join(this.#path, nameOf(old)));
    }
  }

  /** Steps of all checkpoints, ascending. */
  async #steps(): Promise<number[]> {
    const names = (await this.#names()).map((name) => /^step-(\d{9,})\.safetensors$/.exec(name));
    return names.filter((match) => match !== null).map((match) => Number(match[1]))
      .sort((a, b) => a - b);
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
}

function nameOf(step: number): string {
  return `step-${String(step).padStart(9, "0")}.safetensors`;
}
