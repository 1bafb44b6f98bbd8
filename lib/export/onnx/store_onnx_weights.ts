/**
 * Kernels of an ONNX graph in fewer bits: constants of float16 or int8, and the operator that turns them
 * into float32 when the model is loaded or run.
 *
 * @module
 */
import {
  float16Bits,
  int8Channels,
  type WeightStorage,
} from "../../weights/formats/reduced_weights.ts";
import type { OnnxConstant, OnnxGraph, OnnxNode } from "./onnx_graph.ts";
import { outputAxis } from "./onnx_passes.ts";

/** Operators whose second input is a kernel. */
const WITH_KERNEL: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "MatMul", "Gemm"]);

/** Stores the kernels of convolutions and matrix products so; all else stays float32. */
export function storeKernels(graph: OnnxGraph, storage: WeightStorage): void {
  if (storage === "float32") return;
  const stored = new Map<string, string>();
  graph.nodes = graph.nodes.flatMap((node) => {
    const [x, kernel, ...others] = node.inputs as [string, string, ...string[]];
    const constant = graph.constants.get(kernel);
    if (!WITH_KERNEL.has(node.operator) || constant?.type !== "float32") return [node];
    const added: OnnxNode[] = [];
    if (!stored.has(kernel)) {
      const restore = storage === "float16"
        ? castOf(graph, kernel, constant)
        : dequantizeOf(graph, kernel, { constant, axis: outputAxis(node) ?? 1 });
      if (restore !== null) {
        added.push(restore);
        graph.constants.delete(kernel);
      }
      stored.set(kernel, restore?.name ?? kernel);
    }
    return [...added, { ...node, inputs: [x, stored.get(kernel)!, ...others] }];
  });
}

type Floats = Extract<OnnxConstant, { type: "float32" }>;

/** A cast of float16; `null` for values beyond it. */
function castOf(graph: OnnxGraph, name: string, { values, shape }: Floats): OnnxNode | null {
  const bits = float16Bits(values);
  if (bits === null) return null;
  const stored = graph.constant(`${name}/float16`, { type: "float16", values: bits, shape });
  return {
    name: graph.unique(`${name}/float32`),
    operator: "Cast",
    inputs: [stored],
    attributes: { to: { i: 1 } },
  };
}

/** Codes times the scale of their output channel. */
function dequantizeOf(
  graph: OnnxGraph,
  name: string,
  { constant, axis }: { constant: Floats; axis: number },
): OnnxNode {
  const { shape } = constant;
  const { codes, scales } = int8Channels(constant.values, { shape, axis });
  const zeros = new Int8Array(scales.length);
  return {
    name: graph.unique(`${name}/float32`),
    operator: "DequantizeLinear",
    inputs: [
      graph.constant(`${name}/int8`, { type: "int8", values: codes, shape }),
      graph.float32(`${name}/scale`, { values: scales, shape: [scales.length] }),
      graph.constant(`${name}/zero`, { type: "int8", values: zeros, shape: [scales.length] }),
    ],
    attributes: { axis: { i: axis } },
  };
}
