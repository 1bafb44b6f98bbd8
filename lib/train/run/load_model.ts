/**
 * Opens what a run left behind.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { NonFiniteNetworkError } from "../../models/non_finite.ts";
import type { LoadedModel } from "../../models/persistence/packed_model.ts";
import { loadSegmentationModel } from "../../models/persistence/saved_model.ts";
import { readMetrics } from "./run_folder.ts";

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
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite: names epoch, step and layer.
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
    const loaded = await loadSegmentationModel(folder).catch(async (error) => {
      throw await located(error, { folder, run });
    });
    return { ...loaded, path: folder, config };
  }
  throw new Error(
    `Cannot load a model from ${path}: neither model.json nor best/model.json nor ` +
      "model/model.json is there; give the folder of a run or of a model",
  );
}

/** The error of a network that is not finite, with the epoch that it was saved in. */
async function located(
  error: unknown,
  { folder, run }: { folder: string; run: string },
): Promise<unknown> {
  if (!(error instanceof NonFiniteNetworkError)) return error;
  const metrics = await readMetrics(run);
  const saved = basename(folder) === "best" ? metrics.best : metrics.last;
  if (saved === null) return error;
  const subject = `${folder} of epoch ${saved.epoch}, step ${saved.step}`;
  return new NonFiniteNetworkError(subject, error.fault);
}

/** The run that a model folder may lie in. */
function dirOf(path: string): string {
  return join(path, "..");
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
