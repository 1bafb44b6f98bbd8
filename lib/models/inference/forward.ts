/** One forward pass of images of one size, padded to what the network takes. */
import * as tf from "@tensorflow/tfjs";
import type { Size } from "../../util/schema.ts";
import { probabilityMap } from "../probability_map.ts";
import type { SegmentationModel } from "../segmentation_model.ts";

/** An image as the network takes it. */
export interface NormalizedImage {
  height: number;
  width: number;
  /** Normalised pixels `[height * width * 3]`. */
  image: Float32Array;
}

/**
 * Class probabilities softmax(logits / T) of images. The images are padded with the mean at the
 * bottom and the right to what the network can take, the map is cut back.
 *
 * @returns `[b, height, width, classes]`, owned by the caller.
 * @throws {RangeError} If the images differ in size or one is empty.
 */
export function forward(
  model: SegmentationModel,
  images: readonly NormalizedImage[],
  options: { temperature: number },
): tf.Tensor4D {
  return tf.tidy(() => {
    const { logits, padded } = forwardLogits(model, images);
    const { upsampleOrder } = model;
    const map = probabilityMap(logits, { ...options, upsampleOrder, ...padded });
    const [{ width, height }] = images as [NormalizedImage];
    const isWhole = padded.width === width && padded.height === height;
    return isWhole ? map : tf.slice(map, [0, 0, 0, 0], [-1, height, width, -1]);
  });
}

/**
 * Logits of images that are padded with the mean at the bottom and the right.
 *
 * @returns Logits at the network's stride, owned by the caller, and the size of the padded images.
 * @throws {RangeError} If the images differ in size or one is empty.
 */
export function forwardLogits(
  model: SegmentationModel,
  images: readonly NormalizedImage[],
): { logits: tf.Tensor4D; padded: { width: number; height: number } } {
  const { width, height } = commonSize(images);
  const size = paddedSize(model, [height, width]);
  const padded = { height: size[0], width: size[1] };
  const input = padImages(images, padded);
  const logits = tf.tidy(() => {
    const x = tf.tensor4d(input, [images.length, padded.height, padded.width, 3]);
    return model.layers.apply(x, { training: false }) as tf.Tensor4D;
  });
  return { logits, padded };
}

/** The smallest size that the network can take and that holds `size`, or its fixed size. */
export function paddedSize(model: SegmentationModel, size: Size): Size {
  const [, height, width] = model.layers.inputs[0]!.shape;
  if (height != null && width != null) return [height, width];
  const up = (length: number): number =>
    Math.ceil(length / model.inputMultiple) * model.inputMultiple;
  return [up(size[0]), up(size[1])];
}

/** Pixels `[b, h, w, 3]`, padded with 0, which is the mean. */
function padImages(
  images: readonly NormalizedImage[],
  padded: { width: number; height: number },
): Float32Array {
  const input = new Float32Array(images.length * padded.height * padded.width * 3);
  images.forEach(({ width, height, image }, i) => {
    for (let y = 0; y < height; y++) {
      const row = image.subarray(y * width * 3, (y + 1) * width * 3);
      input.set(row, (i * padded.height + y) * padded.width * 3);
    }
  });
  return input;
}

function commonSize(images: readonly NormalizedImage[]): { width: number; height: number } {
  const [first] = images;
  if (!first) throw new RangeError("Cannot predict a batch of no images");
  const { width, height } = first;
  if (width < 1 || height < 1) {
    throw new RangeError(`Cannot predict an image of ${width}x${height} pixels: it is empty`);
  }
  const other = images.find((one) => one.width !== width || one.height !== height);
  if (other) {
    throw new RangeError(
      `Cannot predict images of ${width}x${height} and ${other.width}x${other.height} pixels in ` +
        "one batch: they must be of one size",
    );
  }
  return { width, height };
}
