/**
 * The folder of a run: `config.yaml`, `events.jsonl`, `metrics.json`, `model/` and `best/`.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { configToYaml } from "../config/to_yaml.ts";
import { createRunFolder, writeFileAtomic } from "../runtime/files.ts";
import { type ModelMetadata, saveSegmentationModel } from "../weights/tfjs_format.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import type { TrainEvent } from "./events.ts";
import type { RunScores } from "./train_result.ts";

/** What a run writes to. */
export interface RunFolder {
  path: string;
  /** Appends one event as a line of JSON. */
  write(event: TrainEvent): Promise<void>;
  /** Saves G in the tfjs Layers format, replacing what was there in one step. */
  save(which: "model" | "best", model: SegmentationModel): Promise<void>;
  writeMetrics(metrics: { best: RunScores | null; last: RunScores | null }): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a run folder: makes it and writes the resolved configuration.
 *
 * @throws {Error} If the folder already holds a run or cannot be written.
 */
export async function openRunFolder(
  path: string,
  options: { config: Config; metadata: ModelMetadata },
): Promise<RunFolder> {
  await createRunFolder(path);
  await writeFileAtomic(join(path, "config.yaml"), configToYaml(options.config));
  const events = await open(join(path, "events.jsonl"), "a");
  return {
    path,
    async write(event) {
      await events.appendFile(JSON.stringify(event) + "\n");
    },
    save: (which, model) => saveSegmentationModel(model, join(path, which), options.metadata),
    writeMetrics: (metrics) =>
      writeFileAtomic(join(path, "metrics.json"), JSON.stringify(metrics, null, 2) + "\n"),
    async close() {
      await events.sync();
      await events.close();
    },
  };
}
