/**
 * Pictures as their files hold them, before anything decides what the samples mean.
 *
 * @module
 */
import type { RegistryEntry } from "../../util/registry.ts";

/** Samples of a picture; integers keep the type that the file gives them. */
export type RasterData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** A decoded picture, row-major, interleaved. */
export interface Raster {
  width: number;
  height: number;
  /** Samples per pixel, alpha included. */
  channels: number;
  /** Bits per sample in the file; samples are not rescaled when unpacked. */
  bitDepth: 1 | 2 | 4 | 8 | 16 | 32 | 64;
  data: RasterData;
  /** Whether the last channel is alpha. */
  alpha?: boolean;
  /** Whether the file's coding altered values, where its format can do both. */
  lossy?: boolean;
  /** RGB triples where `data` holds palette indices. */
  palette?: Uint8Array;
  /**
   * PNG's transparency: alpha of each palette entry, or the one grey level or colour that is
   * transparent, two bytes a sample.
   */
  transparency?: Uint8Array;
}

/** What a decoder needs to know beside the bytes. */
export interface DecodeOptions {
  /** Name of the file, for error messages. */
  file: string;
  /**
   * Pictures of more pixels are refused before memory is taken for them.
   *
   * @default 2 ** 26 (8192×8192, at most 200 MB as RGB)
   */
  maxPixels?: number;
}

/** Default of {@linkcode DecodeOptions.maxPixels}. */
export const MAX_PIXELS: number = 2 ** 26;

/** Lowest and highest value, which become 0 and 255. */
export type ValueRange = readonly [low: number, high: number];

/** How the pictures of a data set are read. */
export interface PictureOptions {
  /**
   * Whether pictures are turned as their EXIF orientation says, or taken as stored.
   *
   * @default "apply"
   */
  orientation?: "apply" | "ignore" | undefined;
  /**
   * What becomes 0 and 255 in pictures of more than 8 bits; `null`: by each picture's own values.
   *
   * @default null
   */
  range?: ValueRange | null | undefined;
  /**
   * Channels of a picture.
   *
   * @default 3
   */
  channels?: number | undefined;
}

/** A format of picture files: one entry feeds listing, decoding, help and error messages. */
export interface ImageFormat extends RegistryEntry {
  /** Endings of its files, in lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Whether the format alters values, so that it can hold no class indices. */
  readonly lossy: boolean;
  /** Whether a file has the format, by its first bytes. */
  matches(bytes: Uint8Array): boolean;
  /**
   * Decodes a file, pixels as stored.
   *
   * @throws {DamagedFileError} If the file is damaged, truncated or too large; names it.
   */
  decode(bytes: Uint8Array, options: DecodeOptions): Promise<Raster>;
  /** Whether a file has samples of more than 8 bits or with a sign, by its header. */
  isDeep(bytes: Uint8Array): boolean;
  /** EXIF orientation, 1..8; 1 (as stored) where the file has none. */
  orientation(bytes: Uint8Array): number;
}
