/**
 * Passes over a finished ONNX graph: batch norms folded into convolutions, what no output depends on
 * left out.
 *
 * @module
 */
import type { OnnxConstant, OnnxGraph, OnnxNode } from "./onnx_graph.ts";

/** The axis of a convolution's filter that counts its output channels. */
export function outputAxis({ operator }: OnnxNode): 0 | 1 | null {
  return operator === "Conv" ? 0 : operator === "ConvTranspose" ? 1 : null;
}

/**
 * Leaves out nodes and constants that no output depends on: what only training needs, such as the
 * weights of an auxiliary head.
 */
export function prune(graph: OnnxGraph, outputs: readonly string[]): void {
  const needed = new Set(outputs);
  const kept: OnnxNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.name)) continue;
    kept.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  graph.nodes = kept.reverse();
  for (const name of [...graph.constants.keys()]) {
    if (!needed.has(name)) graph.constants.delete(name);
  }
}

/**
 * Multiplies the factor of each batch norm into the filter of the convolution before it, where nothing
 * else reads that convolution; its shift becomes the bias. The sums are those of before up to rounding.
 */
export function foldBatchNorms(graph: OnnxGraph): void {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const readers = new Map<string, number>();
  for (const name of graph.nodes.flatMap(({ inputs }) => inputs)) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const folded = new Map<string, OnnxNode>();
  for (const norm of graph.nodes) {
    if (norm.operator !== "BatchNormalization") continue;
    const conv = nodes.get(norm.inputs[0]!);
    if (!conv || outputAxis(conv) === null || readers.get(conv.name) !== 1) continue;
    folded.set(conv.name, foldedConv(graph, { conv, norm }));
    folded.set(norm.name, { ...norm, operator: "" });
  }
  // The convolution takes the norm's name, which others read
  graph.nodes = graph.nodes.map((node) => folded.get(node.name) ?? node)
    .filter(({ operator }) => operator !== "");
}

/** A convolution that includes the norm behind it. */
function foldedConv(
  graph: OnnxGraph,
  { conv, norm }: { conv: OnnxNode; norm: OnnxNode },
): OnnxNode {
  const read = (name: string): Float32Array => floats(graph.constants.get(name)!).values;
  const [gamma, beta, mean, variance] = norm.inputs.slice(1).map(read) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const { epsilon } = norm.attributes as { epsilon: { f: number } };
  const factors = [...gamma].map((scale, i) => scale / Math.sqrt(variance[i]! + epsilon.f));
  const [x, filterName, biasName] = conv.inputs as [string, string, string?];
  const filter = floats(graph.constants.get(filterName)!);
  const bias = biasName === undefined ? null : read(biasName);
  const shift = factors.map((factor, i) => beta[i]! + ((bias?.[i] ?? 0) - mean[i]!) * factor);
  const values = scaled(filter, { axis: outputAxis(conv)!, factors });
  return {
    ...conv,
    name: norm.name,
    inputs: [
      x,
      graph.float32(filterName, { values, shape: filter.shape }),
      graph.float32(`${conv.name}/folded_bias`, {
        values: Float32Array.from(shift),
        shape: [shift.length],
      }),
    ],
  };
}

/** A filter with a factor for each index of an axis. */
function scaled(
  { values, shape }: { values: Float32Array; shape: readonly number[] },
  { axis, factors }: { axis: number; factors: readonly number[] },
): Float32Array {
  const below = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const length = shape[axis]!;
  return values.map((value, i) => value * factors[Math.floor(i / below) % length]!);
}

function floats(constant: OnnxConstant): Extract<OnnxConstant, { type: "float32" }> {
  if (constant.type !== "float32") throw new TypeError(`Cannot fold weights of ${constant.type}`);
  return constant;
}
