/**
 * What a rule for a layer of stock TensorFlow.js takes and gives.
 *
 * @module
 */
import type { Weight } from "../weight_layouts.ts";
import type { OnnxOps, OnnxValue } from "./onnx_ops.ts";

/** What a layer's operators are made from. */
export interface StockLayer {
  ops: OnnxOps;
  name: string;
  /** Its configuration, as TensorFlow.js saves it. */
  config: Readonly<Record<string, unknown>>;
  /** Its weights, in TensorFlow.js' order. */
  weights: readonly Weight[];
  /** Shapes of its inputs, batch first and channels last. */
  shapes: readonly (readonly (number | null)[])[];
  /** Shape of its output. */
  shape: readonly (number | null)[];
  /** Ends the export; the message names the layer. */
  refuse(reason: string): never;
}

/** The operators of a layer. */
export type StockRule = (
  inputs: readonly [OnnxValue, ...OnnxValue[]],
  layer: StockLayer,
) => OnnxValue;
