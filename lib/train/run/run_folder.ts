/**
 * The folder of a run: `config.yaml`, `events.jsonl`, `metrics.json`, `checkpoint/`, `model/`,
 * `best/`, where class counts are needed `class-counts.json`, and while a process works on it
 * `run.lock`.
 *
 * @module
 */
import { lstat, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ResumeError } from "../errors.ts";
import type { Config } from "../../config/config.ts";
import { configToYaml } from "../../config/yaml.ts";
import { createRunFolder, removeFile, RUN_FILES, writeFileAtomic } from "../../util/files.ts";
import { type HeldLock, lockFolder } from "../../util/lock.ts";
import type { SplitCounts } from "../../data/validate/class_counts.ts";
import type { SaveOptions } from "../../models/persistence/packed_model.ts";
import { saveSegmentationModel } from "../../models/persistence/saved_model.ts";
import type { SegmentationModel } from "../../models/segmentation_model.ts";
import { CheckpointFolder } from "./checkpoint_folder.ts";
import { EventLog } from "./event_log.ts";
import type { RunScores } from "../events.ts";

/** Best and last scores of a run. */
export interface RunMetrics {
  best: RunScores | null;
  last: RunScores | null;
}

/** Scores of the run in a folder; nothing where `metrics.json` is missing or unreadable. */
export async function readMetrics(path: string): Promise<RunMetrics> {
  try {
    return JSON.parse(await readFile(join(path, "metrics.json"), "utf8")) as RunMetrics;
  } catch {
    return { best: null, last: null };
  }
}

/** A run's folder, held by this process. */
export class RunFolder {
  readonly path: string;
  readonly events: EventLog;
  readonly checkpoints: CheckpointFolder;
  readonly #lock: HeldLock;

  private constructor(path: string, lock: HeldLock, events: EventLog) {
    this.path = path;
    this.events = events;
    this.checkpoints = new CheckpointFolder(join(path, "checkpoint"));
    this.#lock = lock;
  }

  /**
   * Starts a run: makes the folder, takes it and writes the resolved configuration.
   *
   * @throws {Error} If the folder already holds a run, is in use or cannot be written.
   */
  static async create(path: string, config: Config): Promise<RunFolder> {
    const lock = await lockFolder(path);
    try {
      await createRunFolder(path);
      await removeRests(path); // of a process killed before it had begun
      await writeFileAtomic(join(path, "config.yaml"), configToYaml(config));
      return new RunFolder(path, lock, await EventLog.open(join(path, "events.jsonl")));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Takes the folder of a run that was begun before, and removes what a killed process left half
   * written.
   *
   * @throws {Error} If the folder holds no run, is in use or cannot be written, or a file of it is a
   * link.
   */
  static async reopen(path: string): Promise<RunFolder> {
    if (!await stat(join(path, "config.yaml")).then(() => true, () => false)) {
      throw new ResumeError(
        `Cannot resume ${path}: it holds no run, as config.yaml is missing; give the folder that ` +
          "train --out named",
      );
    }
    await refuseLinks(path);
    const lock = await lockFolder(path);
    try {
      for (const part of ["", "model", "best", "checkpoint"]) await removeRests(join(path, part));
      return new RunFolder(path, lock, await EventLog.open(join(path, "events.jsonl")));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Saves G in the tfjs Layers format, replacing what was there in one step. */
  async save(
    which: "model" | "best",
    model: SegmentationModel,
    options: SaveOptions,
  ): Promise<void> {
    await saveSegmentationModel(model, join(this.path, which), options);
  }

  /** Removes the best network. */
  async removeBest(): Promise<void> {
    await rm(join(this.path, "best"), { recursive: true, force: true });
  }

  /** Replaces the configuration, where a run goes on under another. */
  async writeConfig(config: Config): Promise<void> {
    await writeFileAtomic(join(this.path, "config.yaml"), configToYaml(config));
  }

  async writeMetrics(metrics: RunMetrics): Promise<void> {
    const text = JSON.stringify(metrics, null, 2) + "\n";
    await writeFileAtomic(join(this.path, "metrics.json"), text);
  }

  /** What {@linkcode writeMetrics} wrote last; nothing where that is missing or unreadable. */
  async readMetrics(): Promise<RunMetrics> {
    return await readMetrics(this.path);
  }

  /** Keeps the class counts of the training split, so that a resumed run takes the same numbers. */
  async writeClassCounts(counts: SplitCounts): Promise<void> {
    await writeFileAtomic(join(this.path, "class-counts.json"), JSON.stringify(counts) + "\n");
  }

  /** What {@linkcode writeClassCounts} wrote; `null` where that is missing or unreadable. */
  async readClassCounts(): Promise<SplitCounts | null> {
    try {
      const counts = JSON.parse(await readFile(join(this.path, "class-counts.json"), "utf8"));
      const lists = [counts.pixels, counts.pixelsAround, counts.classesOf];
      return lists.every(Array.isArray) ? counts : null;
    } catch {
      return null;
    }
  }

  /** Closes the log and lets go of the folder. */
  async close(): Promise<void> {
    try {
      await this.events.close();
    } finally {
      await this.#lock.release();
    }
  }
}

/** A run from elsewhere could have its files lead anywhere, to be written over. */
async function refuseLinks(folder: string): Promise<void> {
  for (const name of RUN_FILES) {
    const found = await lstat(join(folder, name)).catch(() => null);
    if (found?.isSymbolicLink() !== true) continue;
    throw new ResumeError(
      `Cannot resume ${folder}: ${name} is a link, which could lead out of the folder; put in its ` +
        "place what it leads to",
    );
  }
}

async function removeRests(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[]);
  for (const name of names) {
    if (/\.[0-9a-f]{12}\.tmp$/.test(name)) await removeFile(join(folder, name));
  }
}
