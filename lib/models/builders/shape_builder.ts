/**
 * The builder of the table of layers: records every layer's output shape and weights, allocates
 * nothing.
 *
 * @module
 */
import { shapeConvolutions } from "./convolutions.ts";
import { type LayerBuilder, requireRelu, unsupportedLayers } from "./layer_builder.ts";
import { attentionShape } from "./attention.ts";
import { normsShape } from "./norms.ts";
import { resizingShape } from "./resizing.ts";
import { type LayerInfo, type Shape, ShapeTable, windowed } from "./shape_table.ts";

/** A builder over shapes, and the rows it has recorded so far in `rows`. */
export function shapeBuilder(
  size: { height: number; width: number },
): { builder: LayerBuilder<Shape>; rows: LayerInfo[] } {
  const table = new ShapeTable(size);
  const { rows } = table;
  const builder: LayerBuilder<Shape> = {
    ...unsupportedLayers("shape"),
    ...shapeConvolutions(table),
    ...attentionShape(table),
    ...normsShape(table),
    ...resizingShape(table),
    input: (channels) => table.record("input", { name: "input", output: { ...size, channels } }),
    maxPool(x, { name, size, stride, padding }) {
      const output = windowed(x, { size, stride, padding });
      return table.record(`max pool ${size}×${size} /${stride}`, { name, output });
    },
    activation(x, options) {
      requireRelu(options, "shape");
      return table.record("ReLU", { name: options.name, output: { ...x } });
    },
    add([a, b], { name }) {
      table.requireSameSize(a, b, { name, verb: "add" });
      return table.record("add", { name, output: { ...a } });
    },
    scale: (x, { name, factor }) => table.record(`scale ${factor}`, { name, output: { ...x } }),
    dropout: (x, { name, rate }) => table.record(`dropout ${rate}`, { name, output: { ...x } }),
    softmax: (x, { name }) => table.record("softmax", { name, output: { ...x } }),
  };
  return { builder, rows };
}
