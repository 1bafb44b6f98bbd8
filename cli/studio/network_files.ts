/**
 * The files of a network in the folder of a run or of a model: those that the studio's page may read.
 *
 * @module
 */
import { isInsideFolder } from "@segadv/segadv/util";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";

/** The weights that a `model.json` names. */
interface Manifest {
  weightsManifest?: { paths?: unknown }[];
}

/**
 * Names of the files, with `/`: the best network of a run, else its last, and the run's configuration.
 * Names and links that lead out of the folder are left out, and the page then misses them.
 *
 * @returns No name where there is no network.
 */
export async function networkFiles(folder: string): Promise<string[]> {
  for (const place of ["", "best/", "model/"]) {
    const text = await readFile(join(folder, place, "model.json"), "utf8").catch(() => null);
    if (text === null) continue;
    const weights = weightsOf(text).map((name) => place + name);
    const names = [`${place}model.json`, ...weights, "config.yaml"];
    const isInside = await Promise.all(names.map((name) => liesIn(folder, name)));
    return names.filter((_, i) => isInside[i]);
  }
  return [];
}

/** Whether a file is there, and no link leads out of the folder to it. */
async function liesIn(folder: string, name: string): Promise<boolean> {
  const [root, path] = await Promise.all([
    realpath(folder),
    realpath(join(folder, name)).catch(() => null),
  ]);
  return path !== null && isInsideFolder(path, root);
}

function weightsOf(text: string): string[] {
  try {
    const { weightsManifest = [] } = JSON.parse(text) as Manifest;
    return weightsManifest.flatMap(({ paths }) => paths as string[])
      .filter((name) => typeof name === "string" && /^[\w-][\w.-]*$/.test(name));
  } catch {
    return []; // the page says what is wrong with it
  }
}
