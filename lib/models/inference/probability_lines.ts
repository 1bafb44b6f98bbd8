/**
 * The class probabilities of an image over windows, scales and the mirror image, line by line.
 *
 * @module
 */
import type { Size } from "../../util/schema.ts";
import { cutPadding, mirrorRows } from "../../data/transforms/network_input.ts";
import { resizePlanes } from "../../data/transforms/resize.ts";
import type { NormalizedImage } from "./forward.ts";
import { type LineOrder, type Lines, meanLines, resizedLines, windowLines } from "./lines.ts";
import { chooseWindow } from "./windows.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import type { InferenceOptions } from "./inference_options.ts";

/** An image as the network takes it, and where in it the image itself lies. */
export interface InferenceImage extends NormalizedImage {
  /**
   * Height and width of the image itself, at the top left; the rest is padding.
   * @default all of it
   */
  content?: Size;
  /**
   * The mirror image, where it was resized from the mirrored original.
   * @default the image, mirrored
   */
  mirrored?: Float32Array;
}

/** Inference options, with a temperature and the size of the map. */
export interface ProbabilityOptions extends InferenceOptions {
  /** Divisor T of the logits. @default 1 */
  temperature?: number;
  /**
   * Height and width of the map.
   * @default those of the image without its padding
   */
  size?: Size;
}

/** The map of an image. */
export interface ProbabilityLines {
  axis: LineOrder["axis"];
  map: Lines;
}

/**
 * Runs the network over an image as lines of the map are read, from the first to the last: columns
 * where it is wider than high and cut into windows, else rows.
 *
 * @throws {RangeError} If the image is empty or an option is out of range.
 */
export function probabilityLines(
  model: SegmentationModel,
  image: InferenceImage,
  options: ProbabilityOptions,
): ProbabilityLines {
  const { scales = [1], flip = false, overlap = 0.25, temperature = 1 } = options;
  if (scales.length === 0 || !scales.every((scale) => scale > 0 && scale < Infinity)) {
    throw new RangeError(`Cannot predict at scales [${scales}]: name one or more above 0`);
  }
  const { height, width } = image;
  const content = contentOf(image);
  const { size = content } = options;
  const passes = scales.map((scale) => {
    const input = scaledSize([height, width], scale);
    const { window, notice } = chooseWindow(model, input, options);
    if (notice !== null) options.onNotice?.(notice);
    return { input, window };
  });
  const isCut = passes.some(({ window, input }) => window[0] < input[0] || window[1] < input[1]);
  // Lines of the shorter side: a long image then takes no more memory than a short one
  const axis = isCut && width > height ? "columns" : "rows";
  const byLine = ([rows, columns]: Size): Size =>
    axis === "rows" ? [rows, columns] : [columns, rows];
  // Without windows and padding, the mirror image of what the network takes gives the mirrored map;
  // with them, the whole way is taken once more for the mirrored original
  const isPadded = content[0] !== height || content[1] !== width;
  const isFlippedInside = flip && !isCut && !isPadded;
  const linesOf = (pixels: Float32Array, isDescending: boolean): Lines => {
    const maps = passes.map(({ input, window }) => {
      const scaled = scaledImage({ height, width, image: pixels }, input);
      const order = { axis, isDescending } as const;
      const own = windowLines(model, scaled, { window, overlap, temperature, order });
      const map = isFlippedInside
        ? withMirror(
          own,
          windowLines(model, mirrored(scaled), { window, overlap, temperature, order }),
        )
        : own;
      const to = byLine([height, width]);
      return resizedLines(map, { content: byLine(input), to, isDescending });
    });
    const mean = meanLines(maps as [Lines, ...Lines[]]);
    return resizedLines(mean, { content: byLine(content), to: byLine(size), isDescending });
  };
  const withMirror = (map: Lines, other: Lines): Lines =>
    meanLines([map, mirroredLines(other, axis)]);
  const map = linesOf(image.image, false);
  if (!flip || isFlippedInside) return { axis, map };
  // Columns of the mirror image are read from its far end, so that both maps keep in step
  const other = linesOf(image.mirrored ?? mirrorContent(image), axis === "columns");
  return { axis, map: withMirror(map, other) };
}

/** Height and width of an image without its padding. */
export function contentOf({ height, width, content = [height, width] }: InferenceImage): Size {
  return content;
}

function scaledSize([height, width]: Size, scale: number): Size {
  if (scale === 1) return [height, width];
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return [side(height), side(width)];
}

function scaledImage(image: NormalizedImage, [height, width]: Size): NormalizedImage {
  if (image.height === height && image.width === width) return image;
  const planes = { ...image, channels: channelsOf(image), data: image.image };
  return { height, width, image: resizePlanes(planes, [height, width]) };
}

function mirrored(source: NormalizedImage): NormalizedImage {
  const { height, width, image } = source;
  return { height, width, image: mirrorRows(image, { width, channels: channelsOf(source) }) };
}

function channelsOf({ height, width, image }: NormalizedImage): number {
  return image.length / (height * width);
}

/** Mirrors an image and leaves its padding where it is. */
function mirrorContent(image: InferenceImage): Float32Array {
  const [rows, width] = contentOf(image);
  const channels = channelsOf(image);
  const rowLength = image.width * channels;
  const length = width * channels;
  const content = cutPadding(image.image, { rowLength, rows, length });
  const mirrored = mirrorRows(content, { width, channels });
  if (mirrored.length === image.image.length) return mirrored;
  const padded = new Float32Array(image.image.length);
  for (let y = 0; y < rows; y++) {
    padded.set(mirrored.subarray(y * length, (y + 1) * length), y * rowLength);
  }
  return padded;
}

/** The mirror image of a map. */
function mirroredLines(map: Lines, axis: LineOrder["axis"]): Lines {
  const { count, length, channels } = map;
  const read = async (line: number): Promise<Float32Array> =>
    axis === "rows"
      ? mirrorRows(await map.read(line), { width: length, channels })
      : await map.read(count - 1 - line);
  return { count, length, channels, read };
}
