/**
 * How often, at which sizes and in which pieces a network looks at an image.
 *
 * @module
 */
import type { Size } from "../../config/config.ts";

/** A way of looking; with several passes over a pixel, its probabilities are averaged. */
export interface InferenceOptions {
  /**
   * What the network sees at a time: the `whole` image; windows of a height and width, rounded up to
   * what the network can take; or `auto`: whole where memory and adapter allow it, else the largest
   * windows that they do.
   *
   * @default "auto"
   */
  window?: "auto" | "whole" | Size;
  /**
   * Share of a window that the next one covers again, in [0, 1).
   *
   * @default 0.25
   */
  overlap?: number;
  /**
   * Factors of height and width at which the image is seen.
   *
   * @default [1]
   */
  scales?: readonly number[];
  /**
   * Whether each image is also seen mirrored.
   *
   * @default false
   */
  flip?: boolean;
  /** Told, once an image, when `auto` takes windows, in one line. */
  onNotice?: (notice: string) => void;
}
