/**
 * Weight files of any format behind one interface: names, shapes, and values as float32.
 *
 * @module
 */
import type { NormalizeConfig } from "../data/data_config.ts";
import type { ResolvedPictures } from "../data/pictures/resolve_pictures.ts";
import type { ClassInfo } from "../data/dataset.ts";
import type { OptionValue, RegistryEntry } from "../util/registry.ts";

/** A tensor as its file describes it. */
export interface WeightTensor {
  /** The file's own name of the type. */
  dtype: string;
  shape: number[];
}

/** An open weight file. Only names and shapes are in memory until a tensor is read. */
export interface WeightFile {
  path: string;
  /** Name of its format, as registered. */
  format: string;
  /** In the file's order. Scales and zero points of 8-bit tensors are not listed. */
  tensors: ReadonlyMap<string, WeightTensor>;
  /** What a network saved by this toolkit was built from; `null` for all other files. */
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

/** A format of weight files. */
export interface WeightFormat extends RegistryEntry {
  /** Whether a file is of this format, from its first bytes. */
  matches(file: FileHead): boolean | Promise<boolean>;
  /**
   * Opens a file of this format, to be closed by the caller.
   *
   * @throws {SyntaxError} If the file is damaged.
   */
  open(path: string): Promise<WeightFile>;
}

/** What a format is recognised by. */
export interface FileHead {
  path: string;
  /** The first 512 bytes, fewer of a shorter file. */
  bytes: Uint8Array;
  /**
   * Names of the files in a zip archive.
   *
   * @throws {SyntaxError} If the archive is damaged.
   */
  zipEntries(): Promise<string[]>;
}

/** What a saved network was trained on. */
export interface ModelMetadata {
  /** Classes in index order, with their colours. */
  classes: ClassInfo[];
  /** How pixels become the network's input. */
  normalize: NormalizeConfig;
  /** How pictures are read. @default upright, of 8 bits and three channels */
  pictures?: ResolvedPictures | undefined;
}

/** What a saved network was built from: the network's name, width and own options. */
export interface SavedArchitecture {
  name: string;
  width: number;
  readonly [option: string]: OptionValue;
}

/** `userDefinedMetadata.segadv` in the `model.json` of a saved network. */
export interface SavedModelInfo extends ModelMetadata {
  /** Version of this record. */
  format: 1;
  name: string;
  /**
   * What the saved graph gives for images `[b, h, w, 3]`: class scores `[b, h/outputStride,
   * w/outputStride, c]` whose largest is the prediction.
   */
  output: "logits" | "probabilities";
  outputStride: number;
  inputMultiple: number;
  upsampleOrder: "logits" | "probabilities";
  /** What builds the network that trains; `null` for a network that a user brought. */
  architecture: SavedArchitecture | null;
  /** Height and width that the graph takes, where it is one size only. */
  inputSize?: [height: number, width: number];
}
