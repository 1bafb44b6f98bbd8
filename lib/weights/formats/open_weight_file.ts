/**
 * Opens a weight file by its content, not by its name.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../../util/format.ts";
import { Registry } from "../../util/registry.ts";
import type { WeightFile, WeightFormat } from "../weight_file.ts";
import { openBytes } from "./byte_source.ts";
import { kerasH5Format } from "./keras_h5.ts";
import { npzFormat } from "./npz.ts";
import { pytorchFormat } from "./pytorch.ts";
import { safetensorsFormat } from "./safetensors.ts";
import { tfjsFormat } from "./folder_handler.ts";
import { openZip } from "./zip.ts";

/** Formats in the order in which they are tried: npz before PyTorch, which takes any other zip. */
export const weightFormats: Registry<WeightFormat> = new Registry("weight format", [
  tfjsFormat,
  kerasH5Format,
  npzFormat,
  pytorchFormat,
  safetensorsFormat,
]);

/**
 * Opens weights: safetensors, PyTorch (`.pth`), Keras (`.h5`), `.npz`, a tfjs Layers model (folder
 * or `model.json`) or the folder of a run (its `best/`, else its `model/`). Every
 * size in a file is checked before it is used, and no code of a file is run.
 *
 * @returns The file, to be closed by the caller; tensors are read on demand.
 * @throws {SyntaxError} If the file is none of these or damaged; the message says what to do.
 * @throws {Error} If it cannot be opened.
 * @example
 * ```ts
 * import { openWeightFile, writeSafetensors } from "@segadv/segadv/weights";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "net.safetensors");
 * const values = Float32Array.of(1, 2);
 * await writeSafetensors(path, [{ name: "w", dtype: "F32", shape: [2], read: () => values }]);
 * const file = await openWeightFile(path);
 * assert.equal(file.format, "safetensors");
 * assert.deepEqual(await file.read("w"), values);
 * await file.close();
 * ```
 */
export async function openWeightFile(path: string): Promise<WeightFile> {
  if (await isFolder(path)) return await tfjsFormat.open(await modelFolder(path));
  const format = await formatOf(path);
  return await format.open(path);
}

/** The folder with `model.json`: of a run its best network, else its last. */
async function modelFolder(path: string): Promise<string> {
  for (const folder of [path, join(path, "best"), join(path, "model")]) {
    if (await stat(join(folder, "model.json")).then(() => true, () => false)) return folder;
  }
  throw new Error(
    `Cannot open weights in ${path}: neither model.json nor best/model.json nor model/model.json ` +
      "is there; give a weight file, or the folder of a run or of a model",
  );
}

/** The first registered format that a file matches. */
async function formatOf(path: string): Promise<WeightFormat> {
  const source = await openBytes(path);
  const refuse = (reason: string): never => {
    throw new SyntaxError(`Cannot read weights from ${path}: ${printable(reason)}`);
  };
  try {
    const bytes = await source.read(0, Math.min(512, source.size));
    const zipEntries = async (): Promise<string[]> => [
      ...(await openZip(source, refuse)).entries.keys(),
    ];
    for (const format of weightFormats) {
      if (await format.matches({ path, bytes, zipEntries })) return format;
    }
    const first = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
    return refuse(
      `it begins with ${first.join(" ") || "nothing"}; known are ${weightFormats.names.join(", ")}`,
    );
  } finally {
    await source.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isDirectory(), () => false);
}
