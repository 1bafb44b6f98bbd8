/**
 * The discriminator D: tells class maps of labels from predicted ones (method.md, "Discriminator").
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { resizeBilinear } from "../engine/ops/resize_bilinear.ts";
import { assemble } from "./builders/tfjs_builder.ts";
import { seededWeights } from "./builders/weight_source.ts";
import { Conv2d, type Slopes } from "./builders/layers.ts";
import { trainingBuilder } from "./builders/training_builder.ts";
import { buildScales } from "./discriminators/build_scales.ts";
import type { DiscriminatorHead } from "./discriminators/discriminator_entry.ts";
import {
  type DiscriminatorInput,
  discriminators,
  parseDiscriminator,
} from "./discriminators/registry.ts";

/** The discriminator. */
export interface Discriminator extends DiscriminatorHead {
  /**
   * Maps class maps `[b, h, w, classes]`, and the images where it takes them, of each scale, to logits
   * `[b, h/stride, w/stride, scales]`.
   */
  layers: tf.LayersModel;
  classes: number;
  /** Whether the image is a second input. */
  takesImage: boolean;
  scales: number;
}

/** D's output on class maps, before and after its non-linearity, `[b, h, w, scales]`. */
export interface DiscriminatorOutput {
  logits: tf.Tensor4D;
  output: tf.Tensor4D;
}

/**
 * Builds D with weights drawn from `seed`. Needs a ready backend.
 *
 * @param config Name, width and own options of the discriminator; those left out take their
 * defaults.
 * @returns A model that owns its weights: dispose with `discriminator.layers.dispose()`.
 * @throws {RangeError} If an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { useBackend } from "@segadv/segadv";
 * import { buildDiscriminator } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { stride, layers } = buildDiscriminator({ width: 1 / 16 }, { classes: 21, seed: 1 });
 * assert.equal(stride, 32);
 * assert.deepEqual(layers.inputs[0]!.shape, [null, null, null, 21]);
 * ```
 */
export function buildDiscriminator(
  config: DiscriminatorInput,
  options: { classes: number; seed: number },
): Discriminator {
  const { classes, seed } = options;
  const architecture = parseDiscriminator({ ...config, classes });
  const entry = discriminators.get(architecture.name);
  const builder = trainingBuilder(seededWeights(seed));
  const layers = assemble(
    { name: "discriminator", builder },
    (builder) => buildScales(entry, builder, architecture),
  );
  const { scales, image } = architecture;
  const takesImage = image !== "none";
  if (layers.inputs.length !== scales * (takesImage ? 2 : 1)) {
    throw new RangeError(
      `Cannot build the discriminator ${entry.name} with image ${image}: it takes no image; set ` +
        "adversarial.discriminator.image to none",
    );
  }
  return { layers, classes, takesImage, scales, ...entry.headOf(architecture) };
}

/** How batch norm runs inside D. */
export interface DiscriminatorForwardOptions {
  /** Normalise by the batch (true) or by the moving averages. @default true */
  batchStatistics?: boolean;
  /** Whether the moving averages move. @default false */
  updateStatistics?: boolean;
  /** Images `[b, h, w, channels]`, where D takes them. */
  images?: tf.Tensor4D;
  /** Slopes of the ReLUs to keep, or to take in their place: see {@linkcode Slopes}. */
  slopes?: Slopes;
}

/**
 * D's output on class maps: logits and, after the non-linearity, values in (0, 1) that are near 1
 * where D takes the map for a label. Logits are upsampled bilinearly (half-pixel centres) to the
 * maps' size first, unless `lossResolution` is `own`. Differentiable in the maps and D's weights.
 *
 * @param maps `[b, h, w, classes]`, h and w multiples of the discriminator's stride.
 * @returns Two tensors `[b, h, w, scales]` (`[b, h/stride, w/stride, scales]` for `own`), owned by the caller;
 * with `output: linear` both hold the logits.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { buildDiscriminator, discriminatorForward } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const discriminator = buildDiscriminator({ width: 1 / 16 }, { classes: 3, seed: 1 });
 * const { output } = discriminatorForward(discriminator, tf.randomUniform([1, 32, 64, 3]));
 * assert.deepEqual(output.shape, [1, 32, 64, 1]);
 * ```
 */
export function discriminatorForward(
  discriminator: Discriminator,
  maps: tf.Tensor4D,
  options: DiscriminatorForwardOptions = {},
): DiscriminatorOutput {
  return tf.tidy(() => {
    const [, height, width] = maps.shape;
    const logits = discriminatorLogits(discriminator, maps, options);
    return { ...discriminatorOutput(discriminator, logits, { height, width }) };
  });
}

/**
 * The network of D alone, without upsampling and output non-linearity.
 *
 * @param maps `[b, h, w, classes]`.
 * @returns Logits `[b, h/stride, w/stride, scales]`, owned by the caller.
 */
export function discriminatorLogits(
  discriminator: Discriminator,
  maps: tf.Tensor4D,
  options: DiscriminatorForwardOptions = {},
): tf.Tensor4D {
  const { batchStatistics = true, updateStatistics = false, images, slopes } = options;
  const kwargs = { training: batchStatistics, updateStatistics, ...slopes && { slopes } };
  const { takesImage, scales, layers } = discriminator;
  if (takesImage && images === undefined) {
    throw new RangeError("Cannot run the discriminator: it takes images beside the maps");
  }
  if (!takesImage && scales === 1) return layers.apply(maps, kwargs) as tf.Tensor4D;
  const [, height, width] = maps.shape;
  const inputs = Array.from({ length: scales }, (_, i) => {
    const size = { height: Math.floor(height / 2 ** i), width: Math.floor(width / 2 ** i) };
    return [maps, ...takesImage ? [images!] : []].map((x) => i === 0 ? x : resizeBilinear(x, size));
  });
  return layers.apply(inputs.flat(), kwargs) as tf.Tensor4D;
}

/** One power iteration for each kernel of a discriminator with spectral norm. */
export function iterateSpectralNorm({ layers }: Discriminator): void {
  for (const layer of layers.layers) if (layer instanceof Conv2d) layer.iterateSingularVectors();
}

/**
 * Upsamples the logits of {@linkcode discriminatorLogits} and applies the output non-linearity.
 *
 * @param size Height and width of the class maps.
 * @returns Two tensors, owned by the caller.
 */
export function discriminatorOutput(
  discriminator: Discriminator,
  logits: tf.Tensor4D,
  size: { height: number; width: number },
): DiscriminatorOutput {
  const upsampled = discriminator.lossResolution === "own"
    ? logits.clone()
    : resizeBilinear(logits, size);
  const output = discriminator.output === "sigmoid" ? tf.sigmoid(upsampled) : upsampled.clone();
  return { logits: upsampled, output };
}
