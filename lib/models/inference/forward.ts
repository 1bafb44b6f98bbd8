/** One forward pass of images of one size, padded to what the network takes. */
import * as tf from "@tensorflow/tfjs";
import type { Size } from "../../util/schema.ts";
import { findFault, finitenessOf, NonFiniteNetworkError } from "../non_finite.ts";
import { inputChannelsOf, probabilityMap, type SegmentationModel } from "../segmentation_model.ts";

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
 * @returns `map` `[b, height, width, classes]`, and `finiteness` for {@linkcode assertFiniteLogits};
 * both owned by the caller.
 * @throws {RangeError} If the images differ in size or one is empty.
 */
export function forward(
  model: SegmentationModel,
  images: readonly NormalizedImage[],
  options: { temperature: number },
): { map: tf.Tensor4D; finiteness: tf.Scalar } {
  return tf.tidy(() => {
    const { logits, finiteness, padded } = forwardLogits(model, images);
    const { upsampleOrder } = model;
    const map = probabilityMap(logits, { ...options, upsampleOrder, ...padded });
    const [{ width, height }] = images as [NormalizedImage];
    const isWhole = padded.width === width && padded.height === height;
    return {
      map: isWhole ? map : tf.slice(map, [0, 0, 0, 0], [-1, height, width, -1]),
      finiteness,
    };
  });
}

/**
 * Refuses the logits of a forward pass where one is NaN or infinite: argmax would hide it. To be
 * awaited together with what is read of the same pass, so that the device is waited for once.
 *
 * @param finiteness Of that pass; consumed.
 * @param pass What ran, to find the layer at fault.
 * @throws {NonFiniteNetworkError} Naming the first layer at fault and its largest input.
 */
export async function assertFiniteLogits(
  finiteness: tf.Scalar,
  { model, images }: { model: SegmentationModel; images: readonly NormalizedImage[] },
): Promise<void> {
  const [value] = await finiteness.data().finally(() => finiteness.dispose());
  if (Number.isFinite(value)) return;
  const x = inputOf(model, images);
  const fault = await findFault(model.layers, x).finally(() => x.dispose());
  throw new NonFiniteNetworkError(model.name, fault);
}

/**
 * Logits of images that are padded with the mean at the bottom and the right.
 *
 * @returns Logits at the network's stride and their `finiteness` (see {@linkcode assertFiniteLogits}),
 * both owned by the caller, and the size of the padded images.
 * @throws {RangeError} If the images differ in size or one is empty.
 */
export function forwardLogits(
  model: SegmentationModel,
  images: readonly NormalizedImage[],
): { logits: tf.Tensor4D; finiteness: tf.Scalar; padded: { width: number; height: number } } {
  const { width, height } = commonSize(images);
  const size = paddedSize(model, [height, width]);
  const logits = tf.tidy(() =>
    model.layers.apply(inputOf(model, images), { training: false }) as tf.Tensor4D
  );
  return { logits, finiteness: finitenessOf(logits), padded: { height: size[0], width: size[1] } };
}

/** The smallest size that the network can take and that holds `size`, or its fixed size. */
export function paddedSize(model: SegmentationModel, size: Size): Size {
  const [, height, width] = model.layers.inputs[0]!.shape;
  if (height != null && width != null) return [height, width];
  const up = (length: number): number =>
    Math.ceil(length / model.inputMultiple) * model.inputMultiple;
  return [up(size[0]), up(size[1])];
}

/** Pixels `[b, h, w, channels]` of images of one size, padded with 0, which is the mean. */
export function inputOf(
  model: SegmentationModel,
  images: readonly NormalizedImage[],
): tf.Tensor4D {
  const [rows, columns] = paddedSize(model, [images[0]!.height, images[0]!.width]);
  const channels = inputChannelsOf(model);
  const input = new Float32Array(images.length * rows * columns * channels);
  images.forEach(({ width, height, image }, i) => {
    for (let y = 0; y < height; y++) {
      const row = image.subarray(y * width * channels, (y + 1) * width * channels);
      input.set(row, (i * rows + y) * columns * channels);
    }
  });
  return tf.tensor4d(input, [images.length, rows, columns, channels]);
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
