/**
 * Opens a weight file by what is in it, not by its name.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { openBytes } from "./byte_source.ts";
import { openKerasH5 } from "./keras_h5.ts";
import { openNpz } from "./npz.ts";
import { openPytorch } from "./pytorch.ts";
import { openSafetensorsWeights } from "./safetensors_weights.ts";
import { openTfjsWeights } from "./tfjs_weights.ts";
import type { WeightFile } from "../weight_file.ts";
import { openZip } from "./zip.ts";
import { printable } from "../../util/format.ts";

/**
 * Opens weights: safetensors, PyTorch (`.pth`), Keras (`.h5`), `.npz`, a tfjs Layers model (folder
 * or `model.json`) or the folder of a run (its `best/`, else its `model/`). Nothing in a file is
 * believed before it is checked, and nothing in it runs.
 *
 * @returns The file, to be closed by the caller; tensors are read when they are asked for.
 * @throws {SyntaxError} If the file is none of these or damaged; the message says what to do.
 * @throws {Error} If it cannot be opened.
 * @example
 * ```ts
 * import { openWeightFile, writeSafetensors } from "@segadv/segadv";
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
  if (await isFolder(path)) return await openTfjsWeights(await modelFolder(path));
  const kind = await sniff(path);
  const open = OPENERS[kind];
  return await open(path);
}

const OPENERS = {
  safetensors: openSafetensorsWeights,
  pytorch: openPytorch,
  npz: openNpz,
  h5: openKerasH5,
  tfjs: openTfjsWeights,
} as const;

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

async function sniff(path: string): Promise<keyof typeof OPENERS> {
  const source = await openBytes(path);
  const refuse = (reason: string): never => {
    throw new SyntaxError(`Cannot read weights from ${path}: ${printable(reason)}`);
  };
  try {
    if (basename(path) === "model.json") return "tfjs";
    const head = await source.read(0, Math.min(512, source.size));
    const text = Buffer.from(head).toString("latin1");
    if (text.startsWith("\x89HDF\r\n\x1a\n")) return "h5";
    if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) {
      const { entries } = await openZip(source, refuse);
      return [...entries.keys()].some((name) => name.endsWith(".npy")) ? "npz" : "pytorch";
    }
    if (isLegacyPytorch(head)) {
      return refuse(
        "it is a PyTorch file from before 1.6, which needs Python's pickle; save it again in " +
          'Python: torch.save(torch.load(PATH, map_location="cpu"), "new.pth")',
      );
    }
    if (/^[^]{8}\s*\{/.test(text)) return "safetensors";
    const first = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
    return refuse(
      `it begins with ${
        first.join(" ") || "nothing"
      }; known are safetensors, PyTorch (zip), Keras ` +
        "HDF5, npz, and folders of tfjs Layers models and runs",
    );
  } finally {
    await source.close();
  }
}

/** The magic number that PyTorch 0.1.10 to 1.5 pickles first; before, archives were tar. */
const LEGACY_MAGIC = Uint8Array.of(0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8);

function isLegacyPytorch(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(2, 12)).equals(LEGACY_MAGIC) ||
    Buffer.from(head.subarray(257, 262)).toString("latin1") === "ustar";
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isDirectory(), () => false);
}
