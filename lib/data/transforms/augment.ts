/**
 * Random geometry of a training sample: zoom → rotate → flip → crop (thesis §4.1) as one affine
 * warp, so that pixels are interpolated once.
 *
 * @module
 */
import type { Range } from "../data_config.ts";
import type { Size } from "../../util/schema.ts";
import { exactCos, exactExp, exactLog, exactSin } from "../../util/exact_math.ts";
import type { RandomStream } from "../../util/random.ts";
import type { Sample } from "../dataset.ts";
import { copyShifted, warp } from "./warp.ts";

/** How to draw the geometry and where to put the result. */
export interface AugmentOptions {
  /** Height and width of the result. */
  crop: Size;
  /** Zoom factor, drawn log-uniformly. */
  zoom: Range;
  /** Largest rotation in degrees, either way. */
  rotate: number;
  /** Whether half of the samples are mirrored left to right. */
  flip: boolean;
  /** RGB of pixels outside the image, 0..255; rounded to whole levels. */
  fill: readonly [number, number, number];
  /** Label of pixels outside the image. */
  ignoreLabel: number;
  /** Always gives five numbers, whatever is switched on. */
  rng: RandomStream;
  /** Receives the pixels, `[h * w * 3]`; made if not given. */
  image?: Uint8Array;
  /** Receives the labels, `[h * w]`; made if not given. */
  label?: Uint8Array;
}

/** A crop of a sample. */
export interface AugmentedSample {
  /** RGB pixels `[h, w, 3]` on 0..255. */
  image: Uint8Array;
  /** Labels `[h, w]`, values as in the data set. */
  label: Uint8Array;
}

/**
 * Zooms, rotates, mirrors and crops a sample at random; images bilinearly with half-pixel centres,
 * labels by the nearest pixel. The zoomed image turns about its centre within its own frame. The
 * crop lies anywhere inside that frame with equal chance; along an axis where the frame is smaller
 * than the crop, the frame lies anywhere inside the crop instead, surrounded by `fill`.
 *
 * @returns The buffers given in the options, or new ones.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { randomStream } from "@segadv/segadv/data";
 * import { augmentSample } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const sample = await (await openDataset("fixtures", { split: "train" })).read(0);
 * const { image, label } = augmentSample(sample, {
 *   crop: [32, 48],
 *   zoom: [0.5, 2],
 *   rotate: 10,
 *   flip: true,
 *   fill: [124, 117, 104],
 *   ignoreLabel: 255,
 *   rng: randomStream(1, "augment", 0, 0),
 * });
 * assert.deepEqual([image.length, label.length], [32 * 48 * 3, 32 * 48]);
 * ```
 */
export function augmentSample(sample: Sample, options: AugmentOptions): AugmentedSample {
  const { crop: [height, width], ignoreLabel } = options;
  const [red, green, blue] = options.fill;
  const { image: source } = sample;
  const target = {
    width,
    height,
    image: options.image ?? new Uint8Array(height * width * 3),
    label: options.label ?? new Uint8Array(height * width),
    fill: [Math.round(red), Math.round(green), Math.round(blue)] as const,
    ignoreLabel,
  };
  const { zoom, angle, flip, across, down } = draw(options);
  const frameWidth = Math.max(1, Math.round(source.width * zoom));
  const frameHeight = Math.max(1, Math.round(source.height * zoom));
  const left = place(across, frameWidth - width);
  const top = place(down, frameHeight - height);
  if (angle === 0 && frameWidth === source.width && frameHeight === source.height) {
    copyShifted(sample, { target, left, top, flip });
  } else {
    // Back from the crop's pixel (X, Y) to the source: frame, mirror, turn, zoom.
    const [cos, sin] = [exactCos(angle), exactSin(angle)];
    const [shrinkX, shrinkY] = [source.width / frameWidth, source.height / frameHeight];
    const mirror = flip ? -1 : 1;
    const dx = mirror * (0.5 + left - frameWidth / 2);
    const dy = 0.5 + top - frameHeight / 2;
    warp(sample, {
      target,
      xx: shrinkX * cos * mirror,
      xy: shrinkX * sin,
      x0: shrinkX * (frameWidth / 2 + cos * dx + sin * dy) - 0.5,
      yx: -shrinkY * sin * mirror,
      yy: shrinkY * cos,
      y0: shrinkY * (frameHeight / 2 - sin * dx + cos * dy) - 0.5,
    });
  }
  return { image: target.image, label: target.label };
}

interface Drawn {
  zoom: number;
  /** Radians. */
  angle: number;
  flip: boolean;
  /** Uniform in [0, 1): where the crop lies. */
  across: number;
  down: number;
}

function draw({ zoom: [low, high], rotate, flip, rng }: AugmentOptions): Drawn {
  const u = Array.from({ length: 5 }, () => rng.uniform());
  const logLow = exactLog(low);
  return {
    zoom: low === high ? low : exactExp(logLow + u[0]! * (exactLog(high) - logLow)),
    angle: (2 * u[1]! - 1) * rotate * Math.PI / 180 || 0,
    flip: flip && u[2]! < 0.5,
    across: u[3]!,
    down: u[4]!,
  };
}

/** Offset of the crop in its frame; negative where the frame is the smaller one. */
function place(u: number, room: number): number {
  const offset = Math.floor(u * (Math.abs(room) + 1));
  return room >= 0 ? offset : -offset;
}
