/**
 * Activations and sums as operators of ONNX.
 *
 * @module
 */
import type { ActivationName } from "../../engine/ops/activations.ts";
import type { AuxiliaryLayers } from "../../models/builders/auxiliary.ts";
import type { ElementwiseLayers } from "../../models/builders/elementwise.ts";
import type { OnnxOps, OnnxValue } from "./onnx_ops.ts";

/** Activations, sums, products; what works in training only is left out. */
export function onnxElementwise(
  ops: OnnxOps,
): ElementwiseLayers<OnnxValue> & AuxiliaryLayers<OnnxValue> {
  return {
    activation: (x, { name, activation }) => activationOf(ops, x, { name, activation }),
    add: (terms, { name }) => ops.add("Add", terms, { name, channels: terms[0].channels }),
    multiply: (factors, { name }) =>
      ops.add("Mul", factors, { name, channels: factors[0].channels }),
    scale: (x, { name, factor }) =>
      ops.add("Mul", [x, ops.scalar(`${name}_factor`, factor)], { name, channels: x.channels }),
    dropout: (x) => x,
    auxiliaryOutput: (logits) => logits,
    softmax: (x, { name }) =>
      ops.add("Softmax", [x], { name, channels: x.channels, attributes: { axis: { i: 1 } } }),
  };
}

/** An activation as operators of ONNX. */
export function activationOf(
  ops: OnnxOps,
  x: OnnxValue,
  { name, activation }: { name: string; activation: ActivationName },
): OnnxValue {
  const { channels } = x;
  switch (activation) {
    case "relu":
      return ops.add("Relu", [x], { name, channels });
    case "relu6": {
      const bounds = [ops.scalar(`${name}_low`, 0), ops.scalar(`${name}_high`, 6)];
      return ops.add("Clip", [x, ...bounds], { name, channels });
    }
    case "sigmoid":
      return ops.add("Sigmoid", [x], { name, channels });
    case "hardSigmoid": {
      const attributes = { alpha: { f: 1 / 6 }, beta: { f: 0.5 } };
      return ops.add("HardSigmoid", [x], { name, channels, attributes });
    }
    case "hardSwish":
      return ops.add("HardSwish", [x], { name, channels });
    case "gelu": {
      // x · Φ(x) = x · (1 + erf(x / √2)) / 2
      const scaled = ops.add("Mul", [x, ops.scalar(`${name}_root`, Math.SQRT1_2)], {
        name: `${name}_scaled`,
        channels,
      });
      const erf = ops.add("Erf", [scaled], { name: `${name}_erf`, channels });
      const one = ops.scalar(`${name}_one`, 1);
      const sum = ops.add("Add", [erf, one], { name: `${name}_sum`, channels });
      const product = ops.add("Mul", [x, sum], { name: `${name}_product`, channels });
      return ops.add("Mul", [product, ops.scalar(`${name}_half`, 0.5)], { name, channels });
    }
    case "swish": {
      const gate = ops.add("Sigmoid", [x], { name: `${name}_gate`, channels });
      return ops.add("Mul", [x, gate], { name, channels });
    }
  }
}
