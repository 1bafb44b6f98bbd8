/**
 * The table of layers that the builder over shapes fills: every layer's output shape and weights.
 *
 * @module
 */
import type { LayerOptions, WeightSpec } from "./layer_options.ts";

/** Height, width and channels of a value. */
export interface Shape {
  height: number;
  width: number;
  channels: number;
}

/** A weight as the table of layers shows it. */
export interface WeightInfo extends WeightSpec {
  trainable: boolean;
}

/** One row of the table of layers. */
export interface LayerInfo {
  name: string;
  /** What the layer does, such as `conv 3×3` or `max pool 2×2 /2`. */
  kind: string;
  /** Height, width and channels of the output. */
  output: [height: number, width: number, channels: number];
  weights: WeightInfo[];
}

/** The rows recorded so far, of a network whose input is `size`. */
export class ShapeTable {
  readonly rows: LayerInfo[] = [];

  constructor(readonly size: { height: number; width: number }) {}

  /**
   * Adds a row.
   *
   * @returns The row's output.
   * @throws {RangeError} If the output has no pixels.
   */
  record(kind: string, row: LayerOptions & { output: Shape; weights?: WeightInfo[] }): Shape {
    const { height, width, channels } = row.output;
    if (!(height >= 1 && width >= 1)) {
      throw new RangeError(
        `Layer ${row.name} (${kind}) has no pixels left at input ` +
          `${this.size.height}×${this.size.width}: give a larger input`,
      );
    }
    const output: LayerInfo["output"] = [height, width, channels];
    this.rows.push({ name: row.name, kind, output, weights: row.weights ?? [] });
    return row.output;
  }

  /** @throws {RangeError} If `a` and `b` differ in height, width or channels. */
  requireSameSize(a: Shape, b: Shape, layer: { name: string; verb: string }): void {
    if (a.height === b.height && a.width === b.width && a.channels === b.channels) return;
    const text = ({ height, width, channels }: Shape) => `${height}×${width}×${channels}`;
    throw new RangeError(
      `Layer ${layer.name} cannot ${layer.verb} ${text(a)} and ${text(b)}: input ` +
        `${this.size.height}×${this.size.width} is not a multiple of the network's stride`,
    );
  }
}

/** The ReLU that a layer includes, for the table of layers. */
export function followingRelu(
  { relu, leak = 0 }: { relu?: boolean | undefined; leak?: number | undefined },
): string {
  if (!relu) return "";
  return leak > 0 ? ` + leaky ReLU ${leak}` : " + ReLU";
}

/** Output of a sliding window, whose `size` spans its dilation. */
export function windowed(
  x: Shape,
  window: { size: number; stride: number; padding: "same" | "valid" | number },
): Shape {
  const { size, stride, padding } = window;
  const zeros = typeof padding === "number" ? 2 * padding : 0;
  const length = (n: number) =>
    padding === "same" ? Math.ceil(n / stride) : Math.floor((n + zeros - size) / stride) + 1;
  return { ...x, height: length(x.height), width: length(x.width) };
}
