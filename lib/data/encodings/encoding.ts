/**
 * How the pixels of a label file name classes.
 *
 * @module
 */
import type { z } from "zod";
import type { RegistryEntry } from "../../util/registry.ts";
import type { ClassInfo, LabelMap } from "../dataset.ts";
import type { EncodingConfig } from "../layout/folder_layout.ts";
import type { MaskRaster } from "./mask_raster.ts";

/** What the pixels stand for. */
export interface EncodingContext {
  /** Path of the label file, for messages. */
  file: string;
  classes: readonly ClassInfo[];
  /** Label value of pixels that are left out. */
  ignoreLabel: number;
}

/** One way to write classes into pixels. */
export interface LabelEncoding extends RegistryEntry {
  /** Options as they stand in the layout, checked on opening. */
  readonly options: z.ZodObject;
  /** One clause for the line that says how a folder is read, such as `colours, exactly`. */
  describe(config: EncodingConfig): string;
  /**
   * Class indices of a label file.
   *
   * @throws {DamagedFileError} If a pixel stands for no class; names the file, the value and its place.
   */
  decode(raster: MaskRaster, config: EncodingConfig, context: EncodingContext): LabelMap;
}
