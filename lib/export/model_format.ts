/**
 * What a format's entry in the registry of exports holds: add one file with such an entry to add a
 * format.
 *
 * @module
 */
import type { SegmentationModel } from "../models/segmentation_model.ts";
import type { RegistryEntry } from "../util/registry.ts";
import type { WeightStorage } from "../weights/formats/reduced_weights.ts";
import type { ModelMetadata } from "../weights/weight_file.ts";

/** What an exported model is to hold, beside the network. */
export interface ExportOptions extends ModelMetadata {
  /** Whether it takes pictures (RGB, 0 to 255, any size) in place of normalised input. */
  preprocess: boolean;
  /** Whether it ends with the class of every pixel. */
  argmax: boolean;
  layout: "nchw" | "nhwc";
  /** Height and width of its input; `null`: any. */
  size: { height: number; width: number } | null;
  /** Whether batch norms become part of the convolutions before them. */
  foldBatchNorm: boolean;
  /** How kernels are stored. */
  storage: WeightStorage;
}

/** Options that a format may not take. */
export type ExportFeature =
  | "preprocess"
  | "argmax"
  | "layout"
  | "size"
  | "foldBatchNorm"
  | Exclude<WeightStorage, "float32">;

/** A format that networks can be written in. */
export interface ModelFormat extends RegistryEntry {
  /** What is added to the model's name for the default output; `/` for a folder. */
  readonly extension: string;
  /** The options that it takes; others are refused. */
  readonly features: readonly ExportFeature[];
  /**
   * Writes the network to a file or folder.
   *
   * @returns A remark for the user, or `null`.
   */
  write(model: SegmentationModel, path: string, options: ExportOptions): Promise<string | null>;
}
