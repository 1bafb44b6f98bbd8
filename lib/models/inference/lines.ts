/**
 * Class probabilities of an image, line by line: rows, or columns of a wide image that is cut into
 * windows. What is held at a time does not grow with the number of lines.
 *
 * @module
 */
import { groupBy } from "../../util/group_by.ts";
import type { Size } from "../../util/schema.ts";
import { LineResizer } from "../../data/transforms/resize.ts";
import { assertFiniteLogits, forward, type NormalizedImage } from "./forward.ts";
import { blendWeights, type Place, placeWindows } from "./windows.ts";
import type { SegmentationModel } from "../segmentation_model.ts";

/** A map of probabilities whose lines are read one after the other. */
export interface Lines {
  /** Number of lines. */
  readonly count: number;
  /** Pixels in a line. */
  readonly length: number;
  /** Classes. */
  readonly channels: number;
  /**
   * Probabilities `[length * channels]` of a line, valid until the next call. Lines are read in one
   * direction; some may be passed over.
   */
  read(line: number): Promise<Float32Array>;
}

/** What lines are, and in which direction they are read. */
export interface LineOrder {
  axis: "rows" | "columns";
  /** From the last line to the first. */
  isDescending: boolean;
}

/** Options of {@linkcode windowLines}. */
export interface WindowLinesOptions {
  /** Height and width of a window. */
  window: Size;
  overlap: number;
  temperature: number;
  order: LineOrder;
}

/**
 * The map of an image from one forward pass, or blended from windows: each pixel's probabilities are
 * averaged over the windows around it, weighted by {@linkcode blendWeights}.
 */
export function windowLines(
  model: SegmentationModel,
  image: NormalizedImage,
  options: WindowLinesOptions,
): Lines {
  const { window, order: { axis } } = options;
  const isWhole = window[0] >= image.height && window[1] >= image.width;
  if (!isWhole) return new BlendedWindows(model, image, options);
  let values: Float32Array | null = null;
  const { height, width } = image;
  const [count, length] = axis === "rows" ? [height, width] : [width, height];
  const channels = model.classes;
  return {
    count,
    length,
    channels,
    async read(line): Promise<Float32Array> {
      values ??= await probabilitiesOf(model, image, options);
      const size = length * channels;
      if (axis === "rows") return values.slice(line * size, (line + 1) * size);
      const column = new Float32Array(size);
      for (let y = 0; y < height; y++) {
        const from = (y * width + line) * channels;
        column.set(values.subarray(from, from + channels), y * channels);
      }
      return column;
    },
  };
}

/** Probabilities `[height * width * classes]` of one forward pass. */
async function probabilitiesOf(
  model: SegmentationModel,
  image: NormalizedImage,
  { temperature }: { temperature: number },
): Promise<Float32Array> {
  const images = [image];
  const { map, finiteness } = forward(model, images, { temperature });
  const [values] = await Promise.all([
    map.data<"float32">().finally(() => map.dispose()),
    assertFiniteLogits(finiteness, { model, images }),
  ]);
  return values;
}

/**
 * Steps of a probability in the sum over windows. With weights that are whole numbers, sums are exact
 * up to 128 windows around a pixel, so that their order does not matter: a mirrored image gives the
 * mirrored map, bit for bit.
 */
const STEPS = 2 ** 30;

/** Sums over the windows around the pixels of a line. */
interface LineSum {
  values: Float64Array;
  weights: Float64Array;
}

/** Windows that begin at one line, computed together once the first line of them is read. */
interface WindowGroup {
  start: number;
  end: number;
  places: Place[];
}

class BlendedWindows implements Lines {
  readonly count: number;
  readonly length: number;
  readonly channels: number;
  readonly #model: SegmentationModel;
  readonly #image: NormalizedImage;
  readonly #options: WindowLinesOptions;
  /** Still to be computed, in the order of reading. */
  readonly #groups: WindowGroup[];
  readonly #open = new Map<number, LineSum>();
  /** Sums of lines that were read, to be used again. */
  readonly #free: LineSum[] = [];
  readonly #result: Float32Array;

  constructor(model: SegmentationModel, image: NormalizedImage, options: WindowLinesOptions) {
    const { window, overlap, order } = options;
    const isRows = order.axis === "rows";
    const places = placeWindows([image.height, image.width], { window, overlap });
    const groups = groupBy(places, ({ top, left }) => `${isRows ? top : left}`);
    [this.count, this.length] = isRows ? [image.height, image.width] : [image.width, image.height];
    this.channels = model.classes;
    this.#result = new Float32Array(this.length * this.channels);
    this.#model = model;
    this.#image = image;
    this.#options = options;
    this.#groups = groups.map((places) => {
      const [{ top, left, height, width }] = places;
      const [start, side] = isRows ? [top, height] : [left, width];
      return { start, end: start + side, places };
    }).sort((a, b) => order.isDescending ? b.start - a.start : a.start - b.start);
  }

  async read(line: number): Promise<Float32Array> {
    const { isDescending } = this.#options.order;
    for (const { start, end, places } of this.#takeGroups(line)) {
      if (line < start || line >= end) continue; // all its lines were passed over
      for (const place of places) await this.#add(place);
    }
    for (const [other, sum] of this.#open) {
      if (isDescending ? other <= line : other >= line) continue;
      this.#open.delete(other);
      this.#free.push(sum);
    }
    const { values, weights } = this.#open.get(line)!;
    const result = this.#result;
    for (let pixel = 0, at = 0; pixel < this.length; pixel++) {
      const total = weights[pixel]! * STEPS;
      for (let c = 0; c < this.channels; c++, at++) result[at] = values[at]! / total;
    }
    return result;
  }

  /** The groups that reach a line and are not computed yet. */
  *#takeGroups(line: number): Generator<WindowGroup> {
    const { isDescending } = this.#options.order;
    while (this.#groups.length > 0) {
      const { start, end } = this.#groups[0]!;
      if (isDescending ? end <= line : start > line) return;
      yield this.#groups.shift()!;
    }
  }

  async #add(place: Place): Promise<void> {
    const { order: { axis }, temperature } = this.#options;
    const [image, { channels }] = [this.#image, this];
    const part = { ...place, image: cut(image, place) };
    const values = await probabilitiesOf(this.#model, part, { temperature });
    const down = blendWeights(place.height, { side: image.height });
    const across = blendWeights(place.width, { side: image.width });
    const isRows = axis === "rows";
    const [first, begin] = isRows ? [place.top, place.left] : [place.left, place.top];
    const lines = Array.from(
      { length: isRows ? place.height : place.width },
      (_, i) => this.#sumOf(first + i),
    );
    for (let y = 0, at = 0; y < place.height; y++) {
      for (let x = 0; x < place.width; x++) {
        const sum = lines[isRows ? y : x]!;
        const pixel = begin + (isRows ? x : y);
        const weight = down[y]! * across[x]!;
        sum.weights[pixel]! += weight;
        for (let c = pixel * channels; c < (pixel + 1) * channels; c++, at++) {
          sum.values[c]! += Math.round(values[at]! * STEPS) * weight;
        }
      }
    }
  }

  #sumOf(line: number): LineSum {
    const found = this.#open.get(line);
    if (found !== undefined) return found;
    const sum = this.#free.pop() ?? {
      values: new Float64Array(this.length * this.channels),
      weights: new Float64Array(this.length),
    };
    sum.values.fill(0);
    sum.weights.fill(0);
    this.#open.set(line, sum);
    return sum;
  }
}

/** Pixels of a window. */
function cut({ width, height, image }: NormalizedImage, place: Place): Float32Array {
  const channels = image.length / (width * height);
  const row = place.width * channels;
  const part = new Float32Array(place.height * row);
  for (let y = 0; y < place.height; y++) {
    const start = ((place.top + y) * width + place.left) * channels;
    part.set(image.subarray(start, start + row), y * row);
  }
  return part;
}

/** Options of {@linkcode resizedLines}. */
export interface ResizedLinesOptions {
  /** Lines, and pixels in a line, of the source that are kept, from the first on. */
  content: Size;
  /** Lines, and pixels in a line, of the result. */
  to: Size;
  isDescending: boolean;
}

/** A map without its padding, resized bilinearly; as it is where there is nothing to do. */
export function resizedLines(source: Lines, options: ResizedLinesOptions): Lines {
  const { content, to, isDescending } = options;
  const { channels } = source;
  const [count, length] = to;
  const kept = content[1] * channels;
  const isSame = content[0] === count && content[1] === length;
  if (isSame) {
    if (source.count === count && source.length === length) return source;
    const read = async (line: number) => (await source.read(line)).subarray(0, kept);
    return { count, length, channels, read };
  }
  const resizer = new LineResizer({ from: content, to, channels });
  return {
    count,
    length,
    channels,
    async read(line): Promise<Float32Array> {
      const missing = resizer.missing(line);
      for (const index of isDescending ? missing.reverse() : missing) {
        resizer.add(index, (await source.read(index)).subarray(0, kept));
      }
      const values = new Float32Array(length * channels);
      resizer.write(line, values);
      return values;
    },
  };
}

/** The mean of maps of one size. */
export function meanLines(maps: readonly [Lines, ...Lines[]]): Lines {
  const [first, ...others] = maps;
  if (others.length === 0) return first;
  const { count, length, channels } = first;
  return {
    count,
    length,
    channels,
    async read(line): Promise<Float32Array> {
      const total = (await first.read(line)).slice();
      for (const other of others) {
        const values = await other.read(line);
        for (let i = 0; i < total.length; i++) total[i]! += values[i]!;
      }
      for (let i = 0; i < total.length; i++) total[i]! /= maps.length;
      return total;
    },
  };
}
