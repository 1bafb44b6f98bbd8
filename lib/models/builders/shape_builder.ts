/**
 * The builder of the table of layers: records every layer's output shape and weights, allocates
 * nothing.
 *
 * @module
 */
import { shapeConvolutions } from "./convolutions.ts";
import type { LayerBuilder } from "./layer_builder.ts";
import { adaptivePoolShape } from "./adaptive_pool.ts";
import { attentionShape } from "./attention.ts";
import { auxiliaryShape } from "./auxiliary.ts";
import { depthwiseShape } from "./depthwise_conv.ts";
import { dropPathShape } from "./drop_path.ts";
import { elementwiseShape } from "./elementwise.ts";
import { normsShape } from "./norms.ts";
import { poolingShape } from "./pooling.ts";
import { resizingShape } from "./resizing.ts";
import { type LayerInfo, type Shape, ShapeTable } from "./shape_table.ts";

/** A builder over shapes, and the rows it has recorded so far in `rows`. */
export function shapeBuilder(
  size: { height: number; width: number },
): { builder: LayerBuilder<Shape>; rows: LayerInfo[] } {
  const table = new ShapeTable(size);
  const { rows } = table;
  const builder: LayerBuilder<Shape> = {
    ...shapeConvolutions(table),
    ...adaptivePoolShape(table),
    ...attentionShape(table),
    ...auxiliaryShape(table),
    ...depthwiseShape(table),
    ...dropPathShape(),
    ...elementwiseShape(table),
    ...normsShape(table),
    ...poolingShape(table),
    ...resizingShape(table),
    input(channels, { name, shrink = 1 } = { name: "input" }) {
      const [height, width] = [size.height / shrink, size.width / shrink];
      return table.record("input", { name, output: { height, width, channels } });
    },
  };
  return { builder, rows };
}
