/**
 * Keras' `.h5`: weights alone, or a whole model.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Dataset, File, Group } from "h5wasm";
import { sizeFromShape } from "./float32_values.ts";
import type { WeightFile, WeightFormat, WeightTensor } from "../weight_file.ts";
import { printable } from "../../util/format.ts";

const MAX_DEPTH = 12;
const MAX_TENSORS = 100_000;
/** Far above any weight here; an HDF5 data set can claim any size without holding the bytes. */
const MAX_VALUES = 2 ** 29;

/** Keras' HDF5 files as a format of weight files. */
export const kerasH5Format: WeightFormat = {
  name: "keras-h5",
  summary: "Keras' .h5, weights alone or a whole model",
  matches: ({ bytes }) => Buffer.from(bytes).toString("latin1").startsWith("\x89HDF\r\n\x1a\n"),
  open: openKerasH5,
};

/**
 * Opens a file of Keras' weights. A tensor's name is its path in the file, without the
 * `model_weights` of a whole model; optimiser states are left out.
 *
 * @returns The file, to be closed by the caller.
 * @throws {SyntaxError} If the file is damaged or holds no numbers.
 */
export async function openKerasH5(path: string): Promise<WeightFile> {
  const refuse = (reason: string): never => {
    throw new SyntaxError(`Cannot read ${path} as Keras weights: ${printable(reason)}`);
  };
  // Imported here because the library is large and only this format needs it
  const h5 = await import("h5wasm/node");
  await h5.ready;
  h5.Module.activate_throwing_error_handler(); // else HDF5 prints its errors on stderr
  let file: File;
  try {
    file = new h5.File(path, "r");
    if (file.file_id < 0n) return refuse("HDF5 cannot open it; the file is damaged or cut short");
  } catch (error) {
    return refuse(`HDF5 cannot open it (${oneLine(error)}); the file is damaged or cut short`);
  }
  const tensors = new Map<string, WeightTensor>();
  try {
    const root = file.keys().includes("model_weights") ? file.get("model_weights") : file;
    collect(root as Group, { h5, tensors, refuse, prefix: "", depth: 0 });
    if (tensors.size === 0) refuse("it holds no weights");
    const base = root === file ? "" : "model_weights/";
    return {
      path,
      format: "keras-h5",
      tensors,
      saved: null,
      read: (name) =>
        Promise.resolve().then(() => readValues(file.get(base + name), { name, path, refuse })),
      close: () => Promise.resolve(void file.close()),
    };
  } catch (error) {
    file.close();
    throw error instanceof SyntaxError ? error : refuse(oneLine(error));
  }
}

interface Walk {
  h5: typeof import("h5wasm");
  tensors: Map<string, WeightTensor>;
  refuse: (reason: string) => never;
  prefix: string;
  depth: number;
}

/** Lists the data sets of a group and all below it; links into other files are not followed. */
function collect(group: Group, walk: Walk): void {
  const { h5, tensors, refuse, prefix, depth } = walk;
  if (depth > MAX_DEPTH) refuse(`its groups lie more than ${MAX_DEPTH} deep`);
  for (const key of group.keys()) {
    const name = prefix + key;
    if (depth === 0 && /^(optimizer_weights|optimizer)$/.test(key)) continue;
    const entity = group.get(key);
    if (entity instanceof h5.Group) {
      collect(entity, { ...walk, prefix: `${name}/`, depth: depth + 1 });
    } else if (entity instanceof h5.Dataset) {
      const { dtype, shape } = entity;
      tensors.set(name, {
        dtype: typeof dtype === "string" ? dtype : "records",
        shape: shape ?? [],
      });
    }
    if (tensors.size > MAX_TENSORS) refuse(`it holds more than ${MAX_TENSORS} data sets`);
  }
}

function readValues(
  entity: unknown,
  options: { name: string; path: string; refuse: Walk["refuse"] },
): Float32Array<ArrayBuffer> {
  const { name, path, refuse } = options;
  const dataset = entity as Dataset | null;
  const shape = dataset?.shape;
  if (dataset === null || shape == null) {
    throw new RangeError(`Cannot read ${name}: ${path} has no such tensor`);
  }
  if (sizeFromShape(shape) > MAX_VALUES) {
    refuse(`${name} claims [${shape}], too large for a weight`);
  }
  let values: unknown;
  try {
    values = shape.length === 0 ? [dataset.value] : dataset.value;
  } catch (error) {
    return refuse(`${name} cannot be read (${oneLine(error)})`);
  }
  const isNumbers = ArrayBuffer.isView(values) || Array.isArray(values);
  const array = isNumbers ? Float32Array.from(values as ArrayLike<number>, Number) : null;
  if (array === null || array.length !== sizeFromShape(shape)) {
    return refuse(`${name} holds no numbers`);
  }
  return array;
}

/** The first of the many lines of an HDF5 error. */
function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n")[0]!.slice(0, 120);
}
