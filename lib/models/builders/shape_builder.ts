/**
 * The builder of the table of layers: records every layer's output shape and weights, allocates
 * nothing.
 *
 * @module
 */
import { shapeConvolutions } from "./convolutions.ts";
import { type LayerBuilder, requireRelu, unsupportedLayers } from "./layer_builder.ts";
import {
  followingRelu,
  type LayerInfo,
  type Shape,
  ShapeTable,
  type WeightInfo,
  windowed,
} from "./shape_table.ts";

/** A builder over shapes, and the rows it has recorded so far in `rows`. */
export function shapeBuilder(
  size: { height: number; width: number },
): { builder: LayerBuilder<Shape>; rows: LayerInfo[] } {
  const table = new ShapeTable(size);
  const { rows } = table;
  const builder: LayerBuilder<Shape> = {
    ...unsupportedLayers("shape"),
    ...shapeConvolutions(table),
    input: (channels) => table.record("input", { name: "input", output: { ...size, channels } }),
    batchNorm(x, { name, relu, leak }) {
      const shape = [x.channels];
      const weight = (part: string, kind: "zeros" | "ones", trainable: boolean): WeightInfo => ({
        name: `${name}/${part}`,
        shape,
        init: { kind },
        trainable,
      });
      const weights = [
        weight("gamma", "ones", true),
        weight("beta", "zeros", true),
        weight("moving_mean", "zeros", false),
        weight("moving_variance", "ones", false),
      ];
      const kind = "batch norm" + followingRelu({ relu, leak });
      return table.record(kind, { name, output: { ...x }, weights });
    },
    maxPool(x, { name, size, stride, padding }) {
      const output = windowed(x, { size, stride, padding });
      return table.record(`max pool ${size}×${size} /${stride}`, { name, output });
    },
    zeroPad(x, { name, pad }) {
      const output = { ...x, height: x.height + 2 * pad, width: x.width + 2 * pad };
      return table.record(`zero padding ${pad}`, { name, output });
    },
    crop(x, { name, start, end }) {
      const output = { ...x, height: x.height - start - end, width: x.width - start - end };
      return table.record(`crop ${start}, ${end}`, { name, output });
    },
    activation(x, options) {
      requireRelu(options, "shape");
      return table.record("ReLU", { name: options.name, output: { ...x } });
    },
    add([a, b], { name }) {
      table.requireSameSize(a, b, { name, verb: "add" });
      return table.record("add", { name, output: { ...a } });
    },
    concat(parts, { name }) {
      const [first, ...others] = parts as [Shape, ...Shape[]];
      for (const other of others) {
        const like = { ...other, channels: first.channels };
        table.requireSameSize(first, like, { name, verb: "concatenate" });
      }
      const channels = parts.reduce((sum, part) => sum + part.channels, 0);
      return table.record("concat", { name, output: { ...first, channels } });
    },
    scale: (x, { name, factor }) => table.record(`scale ${factor}`, { name, output: { ...x } }),
    dropout: (x, { name, rate }) => table.record(`dropout ${rate}`, { name, output: { ...x } }),
    upsample(x, { name, factor }) {
      const output = { ...x, height: x.height * factor, width: x.width * factor };
      return table.record(`bilinear ×${factor}`, { name, output });
    },
    softmax: (x, { name }) => table.record("softmax", { name, output: { ...x } }),
  };
  return { builder, rows };
}
