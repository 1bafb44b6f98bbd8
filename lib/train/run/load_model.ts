/**
 * Opens what a run left behind.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { type LoadedModel, loadSegmentationModel } from "../../models/persistence/saved_model.ts";

/** A network from a run folder, with the run's configuration. */
export interface OpenedModel extends LoadedModel {
  /** Folder that the weights came from. */
  path: string;
  /** Configuration of the run, `null` where only a model folder was given. */
  config: Config | null;
}

/**
 * Loads a network from a run folder (its `best/`, else its `model/`) or from a model folder. Needs
 * a ready backend.
 *
 * @returns A model that owns its weights: dispose with `model.layers.dispose()`.
 * @throws {Error} If the folder holds neither a run nor a model; the message says what was looked
 * for.
 */
export async function loadModel(path: string): Promise<OpenedModel> {
  for (
    const [folder, run] of [[path, dirOf(path)], [join(path, "best"), path], [
      join(path, "model"),
      path,
    ]] as const
  ) {
    if (!await exists(join(folder, "model.json"))) continue;
    const file = run === null ? null : join(run, "config.yaml");
    const config = file !== null && await exists(file) ? await loadConfig({ path: file }) : null;
    return { ...await loadSegmentationModel(folder), path: folder, config };
  }
  throw new Error(
    `Cannot load a model from ${path}: neither model.json nor best/model.json nor ` +
      "model/model.json is there; give the folder of a run or of a model",
  );
}

/** The run that a model folder may lie in. */
function dirOf(path: string): string {
  return join(path, "..");
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
