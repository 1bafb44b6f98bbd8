/**
 * An ONNX graph under construction: nodes and constants by name, which later passes may rewrite.
 *
 * @module
 */

/** Element types of tensors, as in TensorProto.DataType. */
export const ELEMENT_TYPE = { float32: 1, int8: 3, int64: 7, float16: 10 } as const;
/** Name of an element type. */
export type OnnxElementType = keyof typeof ELEMENT_TYPE;

/** A number: an integer if `i` is given, else a float. */
export type OnnxAttribute = { i: number } | { f: number } | { s: string } | { ints: number[] };

/** An operation of one result, which has the operation's name. */
export interface OnnxNode {
  name: string;
  operator: string;
  /** Names of values; "" for one that is left out. */
  inputs: readonly string[];
  attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant; float16 as bits. */
export type OnnxConstant =
  & { shape: readonly number[] }
  & (
    | { type: "float32"; values: Float32Array }
    | { type: "int64"; values: BigInt64Array }
    | { type: "int8"; values: Int8Array }
    | { type: "float16"; values: Uint16Array }
  );

/** An input or output of the graph; a text among the dimensions names an unknown one. */
export interface OnnxValueInfo {
  name: string;
  type: "float32" | "int64";
  shape: readonly (number | string)[];
}

/** Collects nodes and constants; names are unique. */
export class OnnxGraph {
  /** Each after those that it depends on. */
  nodes: OnnxNode[] = [];
  readonly constants: Map<string, OnnxConstant> = new Map();
  readonly #names = new Set<string>();

  /**
   * Adds an operation.
   *
   * @param output Name of its result, made unique.
   * @returns The result's name.
   */
  node(
    operator: string,
    inputs: readonly string[],
    { output, attributes = {} }: { output: string; attributes?: Record<string, OnnxAttribute> },
  ): string {
    const name = this.unique(output);
    this.nodes.push({ name, operator, inputs, attributes });
    return name;
  }

  /** Adds a constant of float32 values. @returns Its name. */
  float32(
    name: string,
    { values, shape }: { values: Float32Array; shape: readonly number[] },
  ): string {
    return this.constant(name, { type: "float32", values, shape });
  }

  /** Adds a vector of whole numbers. @returns Its name. */
  int64(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant(name, { type: "int64", values: data, shape: [values.length] });
  }

  /** Adds a constant. @returns Its name, made unique. */
  constant(name: string, constant: OnnxConstant): string {
    const unique = this.unique(name);
    this.constants.set(unique, constant);
    return unique;
  }

  /** A name that no value has, and that none gets later. */
  unique(name: string): string {
    let unique = name;
    for (let i = 1; this.#names.has(unique); i++) unique = `${name}_${i}`;
    this.#names.add(unique);
    return unique;
  }
}
