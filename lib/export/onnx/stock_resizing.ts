/**
 * Layers of stock TensorFlow.js that change height and width as operators of ONNX.
 *
 * @module
 */
import type { StockRule } from "./stock_layer.ts";
import { pairOf } from "./stock_convolutions.ts";

/** A slice's end beyond every length. */
const TO_THE_END = 2 ** 53 - 1;

/** Resizing, padding, cropping and concatenation by class of layer. */
export const stockResizing: Readonly<Record<string, StockRule>> = {
  UpSampling2D([x], { ops, name, config }) {
    const values = Float32Array.of(1, 1, ...pairOf(config.size));
    const scales = ops.graph.float32(`${name}_scales`, { values, shape: [4] });
    const isNearest = config.interpolation !== "bilinear";
    return ops.add("Resize", [x, "", scales], {
      name,
      channels: x.channels,
      attributes: {
        mode: { s: isNearest ? "nearest" : "linear" },
        // Stock layers resize without half-pixel centres
        coordinate_transformation_mode: { s: "asymmetric" },
        ...(isNearest && { nearest_mode: { s: "floor" } }),
      },
    });
  },
  ZeroPadding2D([x], { ops, name, config }) {
    const [[top, bottom], [left, right]] = edgesOf(config.padding);
    const pads = ops.graph.int64(`${name}_pads`, [0, 0, top, left, 0, 0, bottom, right]);
    return ops.add("Pad", [x, pads], { name, channels: x.channels });
  },
  Cropping2D([x], { ops, name, config }) {
    const [[top, bottom], [left, right]] = edgesOf(config.cropping);
    const ends = [bottom, right].map((cut) => cut === 0 ? TO_THE_END : -cut);
    const inputs = [
      x,
      ops.graph.int64(`${name}_starts`, [top, left]),
      ops.graph.int64(`${name}_ends`, ends),
      ops.graph.int64(`${name}_axes`, [2, 3]),
    ];
    return ops.add("Slice", inputs, { name, channels: x.channels });
  },
  Concatenate(parts, { ops, name, config, shapes: [shape] }) {
    const rank = shape!.length;
    const given = (config.axis as number | undefined) ?? -1;
    const axis = given < 0 ? given + rank : given;
    const isChannels = axis === rank - 1;
    const channels = isChannels
      ? parts.reduce((sum, part) => sum + part.channels, 0)
      : parts[0].channels;
    // Of [b, h, w, c] as [b, c, h, w]
    const place = isChannels ? 1 : axis === 0 ? 0 : axis + 1;
    return ops.add("Concat", parts, { name, channels, attributes: { axis: { i: place } } });
  },
  Reshape([x], { ops, name, config, shapes: [shape], refuse }) {
    const [height, width, channels, ...rest] = config.targetShape as number[];
    const isPixel = height === 1 && width === 1 && channels !== undefined && rest.length === 0;
    if (shape!.length !== 2 || !isPixel) {
      refuse("makes anything but one pixel of a row of channels");
    }
    const target = ops.graph.int64(`${name}_shape`, [0, x.channels, 1, 1]);
    return ops.add("Reshape", [x, target], { name, channels: x.channels });
  },
};

/** Lengths at both ends of height and width, of an option that may be one number or two. */
function edgesOf(value: unknown): [[number, number], [number, number]] {
  const [height, width] = (typeof value === "number" ? [value, value] : value) as unknown[];
  return [pairOf(height), pairOf(width)];
}
