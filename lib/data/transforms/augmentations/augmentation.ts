/**
 * What an augmentation is: a random change of a training sample, with options of its own.
 *
 * @module
 */
import type { RandomStream } from "../../../util/random.ts";
import type { Options, OptionsSchema, OptionValue, RegistryEntry } from "../../../util/registry.ts";

/**
 * Geometry of a sample: the image is zoomed, turned about its centre within its own frame, and
 * mirrored left to right; what comes of it is turned by whole quarters.
 */
export interface Geometry {
  /** Factor of both sides. */
  zoom: number;
  /** Radians. */
  angle: number;
  flip: boolean;
  /** Further factor of the width. @default 1 */
  stretch?: number;
  /** Quarter turns, clockwise. @default 0 */
  quarterTurns?: number;
}

/** A sample of a batch, to be changed in place. */
export interface MixedCrop {
  width: number;
  height: number;
  /** Pixels `[height, width, channels]` on 0..255; `pixels()` gets RGB only. */
  image: Uint8Array;
  /** Labels `[height, width]`, ignored pixels as 255. */
  label: Uint8Array;
}

/** A crop of a sample, to be changed in place. */
export interface Crop extends MixedCrop {
  /** Labels `[height, width]`, values as in the data set. */
  label: Uint8Array;
  /** Whole levels of pixels that show nothing, one a channel. */
  fill: readonly number[];
  /** Their label. */
  ignoreLabel: number;
}

/** Sizes that geometry may depend on, in pixels. */
export interface GeometrySizes {
  source: { width: number; height: number };
  crop: { width: number; height: number };
}

/** A random change of training samples. */
export interface Augmentation extends RegistryEntry {
  readonly options: OptionsSchema;
  /**
   * Draws geometry, always by as many numbers. What all entries draw becomes one warp together with
   * the crop, so that pixels are interpolated once.
   */
  geometry?(options: Options, rng: RandomStream, sizes: GeometrySizes): Geometry;
  /** Changes a crop after the warp. `rng` is a stream of this entry alone. */
  pixels?(crop: Crop, options: Options, rng: RandomStream): void;
  /**
   * Mixes the samples of a batch once all are ready. `rngOf` gives a sample's stream, of this entry
   * alone.
   */
  batch?(
    crops: readonly MixedCrop[],
    options: Options,
    rngOf: (sample: number) => RandomStream,
  ): void;
}

/** An augmentation as a configuration names it: an entry's name, and its own options beside. */
export interface AugmentationConfig {
  name: string;
  [option: string]: OptionValue;
}
