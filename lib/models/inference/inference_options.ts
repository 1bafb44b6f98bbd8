/**
 * Inference options: at which sizes, in which windows and how often a network is run on an image; and
 * the section `inference`, which validation, `eval`, `predict` and `report` read.
 *
 * @module
 */
import { z } from "zod";
import { field, positive, type Size, size, wants, whole } from "../../util/schema.ts";
import type { ScoreSize } from "../../data/transforms/prepare_sample.ts";
import { section, type SectionSpec } from "../../util/section.ts";

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
   * Share of a window that overlaps with the next one, in [0, 1). Overlapping windows fade into each
   * other, each weighted by a Hann window.
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

/** How a network is applied to an image, always at T = 1. */
export interface InferenceConfig {
  resize: Size | null;
  resizeMode: "stretch" | "letterbox";
  scoreSize: ScoreSize;
  window: "auto" | "whole" | Size;
  overlap: number;
  scales: number[];
  flip: boolean;
  batch: number;
}

/** What an error says of other scales. */
const SCALES: ReturnType<typeof wants> = wants("one factor or more, such as [0.75, 1]");

/** What an error says of another window. */
const WINDOW: ReturnType<typeof wants> = wants("auto, whole or [height, width]");

/** The section `inference`. */
export const inferenceSection: SectionSpec = section<InferenceConfig>(
  "How the network is applied to an image in validation, eval, predict and report; always at T = 1.",
  {
    resize: field(z.nullable(size), {
      fallback: null,
      about: "Resize images (bilinear) to [height, width] first; null keeps their own size.",
      source: "§4.2",
    }),
    resizeMode: field(z.enum(["stretch", "letterbox"]), {
      fallback: "stretch",
      about: "How resize is met: stretch both sides, or letterbox, which keeps the aspect and " +
        "pads at the bottom and the right; padding is not scored.",
    }),
    scoreSize: field(z.enum(["label", "resized"]), {
      fallback: "label",
      about: "What resized images are scored at: label, the labels' own size, to which " +
        "probabilities are brought back (bilinear); or resized, labels (nearest) at that size too.",
    }),
    window: field(z.union([z.enum(["auto", "whole"]), size], WINDOW), {
      fallback: "auto",
      about: "Input of one forward pass: the whole image, sliding windows of [height, width], " +
        "or auto: whole where memory and adapter allow it, else the largest windows that fit.",
    }),
    overlap: field(z.number().min(0).max(0.9), {
      fallback: 0.25,
      about: "Share of a window that overlaps with the next one; their probabilities are " +
        "averaged with weights that fall off to the windows' edges (Hann).",
    }),
    scales: field(z.array(positive.max(8), SCALES).min(1, SCALES), {
      fallback: [1],
      about: "Input sizes, as factors, over which probabilities are averaged.",
    }),
    flip: field(z.boolean(), {
      fallback: false,
      about: "Average the probabilities of each image and its mirror image.",
    }),
    batch: field(whole(1), { fallback: 1, about: "Images in a batch." }),
  },
);
