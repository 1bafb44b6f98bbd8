/**
 * Activations of stock TensorFlow.js as operators of ONNX.
 *
 * @module
 */
import type { ActivationName } from "../../engine/ops/activations.ts";
import type { StockLayer } from "./stock_layer.ts";
import { activationOf } from "./onnx_elementwise.ts";
import type { Attributes, OnnxValue } from "./onnx_ops.ts";

/** Those that are one operator. */
const OPERATORS: Readonly<Record<string, { operator: string; attributes?: Attributes }>> = {
  elu: { operator: "Elu" },
  hardsigmoid: {
    operator: "HardSigmoid",
    attributes: { alpha: { f: 0.2 }, beta: { f: 0.5 } },
  },
  relu: { operator: "Relu" },
  selu: { operator: "Selu" },
  sigmoid: { operator: "Sigmoid" },
  softplus: { operator: "Softplus" },
  softsign: { operator: "Softsign" },
  tanh: { operator: "Tanh" },
};

/** Those that the networks here use as well. */
const SHARED: Readonly<Record<string, ActivationName>> = {
  relu6: "relu6",
  swish: "swish",
  silu: "swish",
  gelu: "gelu",
};

/**
 * An activation by its name in a layer's configuration; `undefined`, `null` and `linear` change nothing.
 */
export function stockActivation(layer: StockLayer, x: OnnxValue, activation: unknown): OnnxValue {
  const { ops } = layer;
  const { channels } = x;
  const kind = String(activation ?? "linear").toLowerCase().replaceAll("_", "");
  if (kind === "linear") return x;
  const name = `${layer.name}_${kind}`;
  if (Object.hasOwn(OPERATORS, kind)) {
    const { operator, attributes = {} } = OPERATORS[kind]!;
    return ops.add(operator, [x], { name, channels, attributes });
  }
  if (Object.hasOwn(SHARED, kind)) return activationOf(ops, x, { name, activation: SHARED[kind]! });
  if (kind === "softmax") {
    return ops.add("Softmax", [x], { name, channels, attributes: { axis: { i: 1 } } });
  }
  if (kind === "mish") {
    const positive = ops.add("Softplus", [x], { name: `${name}_softplus`, channels });
    const gate = ops.add("Tanh", [positive], { name: `${name}_gate`, channels });
    return ops.add("Mul", [x, gate], { name, channels });
  }
  return layer.refuse(`has the activation ${String(activation)}, which has no counterpart here`);
}
