/**
 * Inference options: at which sizes, in which windows and how often a network is run on an image.
 *
 * @module
 */
import type { Size } from "../../util/schema.ts";

/** How a network is run on an image; where a pixel is predicted several times, probabilities are averaged. */
export interface InferenceOptions {
  /**
   * Input of one forward pass: the `whole` image; windows of a height and width, rounded up to what
   * the network can take; or `auto`: whole where memory and adapter allow it, else the largest
   * windows that fit.
   *
   * @default "auto"
   */
  window?: "auto" | "whole" | Size;
  /**
   * Share of a window that overlaps with the next one, in [0, 1).
   *
   * @default 0.25
   */
  overlap?: number;
  /**
   * Factors of height and width at which the image is predicted.
   *
   * @default [1]
   */
  scales?: readonly number[];
  /**
   * Whether each image is also predicted mirrored.
   *
   * @default false
   */
  flip?: boolean;
  /** Receives one line for each image that `auto` cuts into windows. */
  onNotice?: (notice: string) => void;
}
