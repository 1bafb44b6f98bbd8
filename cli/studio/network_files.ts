/**
 * The files of a network in the folder of a run or of a model: those that the studio's page may read.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** The weights that a `model.json` names. */
interface Manifest {
  weightsManifest?: { paths?: unknown }[];
}

/**
 * Names of the files, with `/`: the best network of a run, else its last, and the run's configuration.
 * Only files of the folder itself: names that lead out of it are left out, and the page then misses them.
 *
 * @returns No name where there is no network.
 */
export async function networkFiles(folder: string): Promise<string[]> {
  for (const place of ["", "best/", "model/"]) {
    const text = await readFile(join(folder, place, "model.json"), "utf8").catch(() => null);
    if (text === null) continue;
    const weights = weightsOf(text).map((name) => place + name);
    const isRun = await stat(join(folder, "config.yaml")).then(
      (found) => found.isFile(),
      () => false,
    );
    return [`${place}model.json`, ...weights, ...isRun ? ["config.yaml"] : []];
  }
  return [];
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
