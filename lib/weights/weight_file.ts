/**
 * Weight files of any origin behind one face: names, shapes, and values as float32.
 *
 * @module
 */

import type { SavedModelInfo } from "../models/persistence/tfjs_format.ts";

/** What a file is written in. */
export type WeightFormat = "safetensors" | "PyTorch" | "Keras HDF5" | "npz" | "tfjs";

/** A tensor as its file describes it. */
export interface WeightTensor {
  /** The file's own name of the type. */
  dtype: string;
  shape: number[];
}

/** An open weight file. Only names and shapes are in memory until a tensor is read. */
export interface WeightFile {
  path: string;
  format: WeightFormat;
  /** In the file's order. Scales and zero points of 8-bit tensors are not listed. */
  tensors: ReadonlyMap<string, WeightTensor>;
  /** What a network saved by this toolkit says of itself, and `null` for all other files. */
  saved: SavedModelInfo | null;
  /**
   * A tensor's values in row-major order, dequantised, owned by the caller.
   *
   * @throws {RangeError} If there is no tensor of that name.
   * @throws {Error} If the file is damaged there.
   */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
  close(): Promise<void>;
}
