/**
 * Saves and loads networks in the tfjs Layers format. A saved network consists of tfjs layers only,
 * so plain `tf.loadLayersModel` reads it anywhere, a browser included.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SegmentationModel } from "../segmentation_model.ts";
import { makeFolder, removeFile, writeFileAtomic } from "../../util/files.ts";
import { folderFiles } from "../../weights/formats/folder_handler.ts";
import { type LoadedModel, packModel, type SaveOptions, unpackModel } from "./packed_model.ts";

/**
 * Saves a network into a folder: `model.json` and one file of float32 weights. Plain tfjs loads it
 * without this toolkit; its output is class scores at the input's size, ready for `tf.argMax`. (A
 * network that a user brought is saved as it is, logits at its own stride.) The graphs of a few networks
 * take one input size there, `options.inputSize`; this toolkit loads them for any size.
 *
 * The folder changes in one step: weights get a name of their own, then `model.json` is replaced.
 *
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite; nothing is written.
 * @throws {Error} If the folder cannot be written.
 *
 * @example
 * ```ts
 * import { buildModel, type ClassInfo, defaultConfig, useBackend } from "@segadv/segadv";
 * import { loadSegmentationModel, saveSegmentationModel } from "@segadv/segadv/models";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { normalize } = defaultConfig().data;
 * const model = buildModel({ name: "fcn8s-vgg16", width: 1 / 16 }, { classes: 2, seed: 1 });
 * const classes: ClassInfo[] = [
 *   { name: "ground", color: [0, 0, 0] },
 *   { name: "shape", color: [255, 0, 0] },
 * ];
 * const dir = join(await mkdtemp(join(tmpdir(), "segadv-")), "model");
 * await saveSegmentationModel(model, dir, { classes, normalize });
 * assert.equal((await loadSegmentationModel(dir)).classes[1]!.name, "shape");
 * ```
 */
export async function saveSegmentationModel(
  model: SegmentationModel,
  dir: string,
  options: SaveOptions,
): Promise<void> {
  const { json, weights } = await packModel(model, options);
  await makeFolder(dir);
  await writeFileAtomic(join(dir, weights.name), weights.bytes);
  await writeFileAtomic(join(dir, "model.json"), json);
  for (const name of await readdir(dir)) {
    if (/^weights-.*\.bin$/.test(name) && name !== weights.name) await removeFile(join(dir, name));
  }
}

/**
 * Loads a network that {@linkcode saveSegmentationModel} wrote, ready to train on.
 *
 * @returns A model that owns its weights: dispose with `model.layers.dispose()`.
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite.
 * @throws {Error} If a file is missing, or a bit of it is not as it was saved.
 * @throws {TypeError} If another program wrote the folder; the message names the way round.
 *
 * @example
 * ```ts
 * import { loadSegmentationModel } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(loadSegmentationModel("no/such/folder"), {
 *   message: "Cannot load a model from no/such/folder/model.json: the file does not exist",
 * });
 * ```
 */
export async function loadSegmentationModel(dir: string): Promise<LoadedModel> {
  return await unpackModel(folderFiles(dir));
}
