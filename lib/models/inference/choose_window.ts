/**
 * Whether a network sees an image whole, or what its windows are.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Size } from "../../config/config.ts";
import { type BackendInfo, currentBackend } from "../../backend/use_backend.ts";
import { mebibytes } from "../../util/format.ts";
import { type ActivationBytes, activationBytes } from "./activation_bytes.ts";
import { paddedSize } from "./forward.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import type { InferenceOptions } from "./inference_options.ts";

/** What a network sees at a time. */
export interface WindowChoice {
  /** Height and width, multiples of what the network takes. */
  window: Size;
  /** Images, at least 1, that fit into one forward pass. */
  batch: number;
  /** Why it is not the whole image, in one line; `null` where it is, or where the caller asked. */
  notice: string | null;
}

/** Room for a fragmented heap, beside the activations. */
const MARGIN = 1.25;

/** Bytes for what kernels keep apart from tensors: transformed filters, lists, packed panels. */
const SCRATCH = 2 ** 27;

/**
 * Chooses what `options.window` leaves open, by the limits of the current backend: the largest
 * tensor that an adapter binds, or the memory that WASM can still address.
 *
 * @param size Height and width of the image.
 */
export function chooseWindow(
  model: SegmentationModel,
  size: Size,
  options: Pick<InferenceOptions, "window" | "overlap"> & { backend?: BackendInfo | null } = {},
): WindowChoice {
  const { window = "auto", overlap = 0.25, backend = currentBackend() } = options;
  const whole = paddedSize(model, size);
  const wanted = typeof window === "string" ? whole : paddedSize(model, window);
  const asked: Size = [Math.min(wanted[0], whole[0]), Math.min(wanted[1], whole[1])];
  if (backend === null) return { window: asked, batch: Infinity, notice: null };
  const free = (backend.memoryBytes ?? Infinity) - tf.memory().numBytes - SCRATCH;
  const largest = backend.largestTensorBytes ?? Infinity;
  const fits = (bytes: ActivationBytes): boolean =>
    bytes.peak * MARGIN <= free && bytes.largest <= largest;
  const needs = activationBytes(model, asked);
  if (window !== "auto" || fits(needs)) {
    const batch = Math.floor(Math.min(free / (needs.peak * MARGIN), largest / needs.largest));
    return { window: asked, batch: Math.max(1, batch), notice: null };
  }
  const parts: Size = [1, 1];
  let smaller = whole;
  // Down to the smallest, whose failure the backend explains
  const least = paddedSize(model, [1, 1]);
  while (!fits(activationBytes(model, smaller)) && `${smaller}` !== `${least}`) {
    parts[smaller[0] > smaller[1] ? 0 : 1]++;
    const side = (axis: 0 | 1): number => size[axis] / (1 + (parts[axis] - 1) * (1 - overlap));
    smaller = paddedSize(model, [side(0), side(1)]);
  }
  const [takes, left] = [mebibytes(needs.peak * MARGIN, 0), mebibytes(Math.max(0, free), 0)];
  const reason = needs.largest > largest
    ? `whole, one takes a tensor of ${
      mebibytes(needs.largest, 0)
    } and ${backend.device} binds at ` +
      `most ${mebibytes(largest, 0)}`
    : `whole, one takes ${takes} and ${left} are left of what ${backend.name} can address`;
  const notice = `images of ${size[1]}x${size[0]} are seen in windows of ` +
    `${smaller[1]}x${smaller[0]} (validation.window): ${reason}`;
  return { window: smaller, batch: 1, notice };
}
