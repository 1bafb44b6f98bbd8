/**
 * Layers that change height and width as operators of ONNX.
 *
 * @module
 */
import type { ResizingLayers } from "../../models/builders/resizing.ts";
import type { Attributes, OnnxOps, OnnxValue } from "./onnx_ops.ts";

/** An end of a slice beyond every length. */
const TO_THE_END = 2 ** 53 - 1;

/** Padding, cropping, concatenation and resizing. */
export function onnxResizing(ops: OnnxOps): ResizingLayers<OnnxValue> {
  return {
    zeroPad(x, { name, pad }) {
      const pads = ops.graph.int64(`${name}_pads`, [0, 0, pad, pad, 0, 0, pad, pad]);
      return ops.add("Pad", [x, pads], { name, channels: x.channels });
    },
    crop(x, { name, start, end }) {
      const inputs = [
        x,
        ops.graph.int64(`${name}_starts`, [start, start]),
        ops.graph.int64(`${name}_ends`, [end, end].map((cut) => cut === 0 ? TO_THE_END : -cut)),
        ops.graph.int64(`${name}_axes`, [2, 3]),
      ];
      return ops.add("Slice", inputs, { name, channels: x.channels });
    },
    concat(parts, { name }) {
      const channels = parts.reduce((sum, part) => sum + part.channels, 0);
      return ops.add("Concat", parts, { name, channels, attributes: { axis: { i: 1 } } });
    },
    upsample: (x, { name, factor }) =>
      resize(ops, x, { name, factor, attributes: linear("half_pixel") }),
    upsampleAligned: (x, { name, factor }) =>
      resize(ops, x, { name, factor, attributes: linear("align_corners") }),
    resizeNearest: (x, { name, factor }) =>
      resize(ops, x, {
        name,
        factor,
        attributes: {
          mode: { s: "nearest" },
          coordinate_transformation_mode: { s: "asymmetric" },
          nearest_mode: { s: "floor" },
        },
      }),
    resizeTo(x, { name, like, alignCorners = false }) {
      const sizes = ops.graph.node("Concat", [
        ops.shapePart(x, { name: `${name}_kept`, from: 0, to: 2 }),
        ops.shapePart(like, { name: `${name}_like`, from: 2, to: 4 }),
      ], { output: `${name}_sizes`, attributes: { axis: { i: 0 } } });
      const attributes = linear(alignCorners ? "align_corners" : "half_pixel");
      return ops.add("Resize", [x, "", "", sizes], { name, channels: x.channels, attributes });
    },
    broadcastTo(x, { name, like }) {
      const size = ops.graph.node("Concat", [
        ops.shapePart(x, { name: `${name}_kept`, from: 0, to: 2 }),
        ops.shapePart(like, { name: `${name}_like`, from: 2, to: 4 }),
      ], { output: `${name}_size`, attributes: { axis: { i: 0 } } });
      return ops.add("Expand", [x, size], { name, channels: x.channels });
    },
  };
}

function resize(
  ops: OnnxOps,
  x: OnnxValue,
  { name, factor, attributes }: { name: string; factor: number; attributes: Attributes },
): OnnxValue {
  const values = Float32Array.of(1, 1, factor, factor);
  const scales = ops.graph.float32(`${name}_scales`, { values, shape: [4] });
  return ops.add("Resize", [x, "", scales], { name, channels: x.channels, attributes });
}

function linear(transformation: "half_pixel" | "align_corners"): Attributes {
  return { mode: { s: "linear" }, coordinate_transformation_mode: { s: transformation } };
}
