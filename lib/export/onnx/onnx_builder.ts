/**
 * The builder of ONNX graphs: the layers of a network as operators of ONNX, `[b, c, h, w]`.
 *
 * @module
 */
import type { LayerBuilder } from "../../models/builders/layer_builder.ts";
import { onnxConvolutions } from "./onnx_convolutions.ts";
import { onnxElementwise } from "./onnx_elementwise.ts";
import { onnxNorms } from "./onnx_norms.ts";
import type { OnnxOps, OnnxValue } from "./onnx_ops.ts";
import { onnxPooling } from "./onnx_pooling.ts";
import { onnxResizing } from "./onnx_resizing.ts";

/** A builder that adds a network's layers to a graph; what only training needs is left out. */
export function onnxBuilder(ops: OnnxOps): LayerBuilder<OnnxValue> {
  return {
    input: (channels) => ({ name: "input", channels }),
    dropPath: (x) => x,
    ...onnxConvolutions(ops),
    ...onnxNorms(ops),
    ...onnxElementwise(ops),
    ...onnxPooling(ops),
    ...onnxResizing(ops),
  };
}
