/**
 * Networks from files that a user picked or that a page fetched.
 *
 * @module
 */
import { parseConfig } from "../config/compose.ts";
import type { Config } from "../config/config.ts";
import { type LoadedModel, unpackModel } from "../models/persistence/packed_model.ts";
import { modelFilesOf } from "../weights/formats/model_files.ts";

/** A file by its path below a picked folder. */
export interface PickedFile {
  path: string;
  content: Uint8Array | Blob;
}

/** A network, and the configuration of the run that it came from; `null` where it came alone. */
export interface PageModel extends LoadedModel {
  config: Config | null;
}

/** Where a network lies below a run's folder, by preference: `loadModel()` of a process asks the same. */
const PLACES = ["", "best/", "model/"];

/**
 * Opens the network of a run's folder (its `best/`, else its `model/`) or of a model's.
 *
 * @param picked Its files; the folder itself may lie below others. `File`s of an input are taken by
 * their `webkitRelativePath`, else by name.
 * @returns A model that owns its weights: dispose with `model.layers.dispose()`.
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite.
 * @throws {Error} If no network is among the files, or it is damaged.
 *
 * @example
 * ```ts
 * import { openModel } from "@segadv/segadv/browser";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openModel([new File([], "cat.jpg")]), /there is no model.json among 1 files/);
 * ```
 */
export async function openModel(picked: Iterable<PickedFile | File>): Promise<PageModel> {
  const files = new Map<string, Uint8Array | Blob>();
  for (const file of picked) {
    if ("content" in file) files.set(file.path, file.content);
    else files.set(file.webkitRelativePath || file.name, file);
  }
  const found = [...files.keys()].filter((path) => /(^|\/)model\.json$/.test(path))
    .map((path) => path.slice(0, -"model.json".length));
  const root = rootOf(found);
  if (root === null) {
    throw new Error(
      `Cannot open a model: there is no model.json among ${files.size} files; pick the folder of a ` +
        "run or of a model",
    );
  }
  const folder = PLACES.map((place) => root + place).find((path) => found.includes(path))!;
  const below = new Map(
    [...files].filter(([path]) => path.startsWith(folder))
      .map(([path, content]) => [path.slice(folder.length), content]),
  );
  const loaded = await unpackModel(modelFilesOf(below, folder.replace(/\/$/, "") || "model"));
  const yaml = files.get(`${root}config.yaml`) ??
    files.get(`${root.replace(/[^/]+\/$/, "")}config.yaml`);
  return {
    ...loaded,
    config: yaml === undefined ? null : parseConfig({ yaml: await textOf(yaml) }),
  };
}

/** The folder of the run or model that is nearest to the root. */
function rootOf(folders: readonly string[]): string | null {
  const [first] = [...folders].sort((a, b) => a.split("/").length - b.split("/").length);
  return first?.replace(/(^|\/)(best|model)\/$/, "$1") ?? null;
}

async function textOf(content: Uint8Array | Blob): Promise<string> {
  return content instanceof Uint8Array ? new TextDecoder().decode(content) : await content.text();
}
