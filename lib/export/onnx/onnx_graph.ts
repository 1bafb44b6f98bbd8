/**
 * An ONNX graph under construction, and its bytes (onnx.proto3, IR version 8, operator set 17).
 *
 * @module
 */
import { bytesField, concat, floatField, messageOf, varintField } from "../../util/protobuf.ts";

const IR_VERSION = 8;
const OPERATOR_SET = 17;

/** Element types of tensors, as in TensorProto.DataType. */
export const ELEMENT_TYPE = { float32: 1, int64: 7 } as const;
/** Name of an element type. */
export type OnnxElementType = keyof typeof ELEMENT_TYPE;

/** A number: an integer if `i` is given, else a float. */
export type OnnxAttribute = { i: number } | { f: number } | { s: string } | { ints: number[] };

/** An input or output of the graph; a text among the dimensions names an unknown one. */
export interface OnnxValueInfo {
  name: string;
  type: OnnxElementType;
  shape: readonly (number | string)[];
}

/** Everything about a model but its nodes. */
export interface OnnxModelInfo {
  inputs: readonly OnnxValueInfo[];
  outputs: readonly OnnxValueInfo[];
  /** Entries of `metadata_props`. */
  metadata: Readonly<Record<string, string>>;
}

/** Collects nodes and constants; names are unique. */
export class OnnxGraph {
  readonly #nodes: Uint8Array[][] = [];
  readonly #initializers: Uint8Array[][] = [];
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
    const name = this.#unique(output);
    this.#nodes.push(messageOf(1, [
      ...inputs.map((input) => bytesField(1, input)),
      bytesField(2, name),
      bytesField(3, name),
      bytesField(4, operator),
      ...Object.entries(attributes).flatMap(([key, value]) =>
        messageOf(5, attributeParts(key, value))
      ),
    ]));
    return name;
  }

  /** Adds a constant of float32 values. @returns Its name. */
  float32(
    name: string,
    { values, shape }: { values: Float32Array; shape: readonly number[] },
  ): string {
    return this.#constant(name, { type: "float32", data: bytesOf(values), shape });
  }

  /** Adds a vector of whole numbers. @returns Its name. */
  int64(name: string, values: readonly number[]): string {
    const data = bytesOf(BigInt64Array.from(values, BigInt));
    return this.#constant(name, { type: "int64", data, shape: [values.length] });
  }

  /** The model's bytes. */
  serialize(info: OnnxModelInfo): Uint8Array {
    const graph = [
      ...this.#nodes.flat(),
      bytesField(2, "segadv"),
      ...this.#initializers.flat(),
      ...info.inputs.flatMap((value) => messageOf(11, valueParts(value))),
      ...info.outputs.flatMap((value) => messageOf(12, valueParts(value))),
    ];
    return concat([
      varintField(1, IR_VERSION),
      bytesField(2, "segadv"),
      ...messageOf(7, graph),
      ...messageOf(8, [bytesField(1, ""), varintField(2, OPERATOR_SET)]),
      ...Object.entries(info.metadata).flatMap(([key, value]) =>
        messageOf(14, [bytesField(1, key), bytesField(2, value)])
      ),
    ]);
  }

  #constant(
    name: string,
    tensor: { type: OnnxElementType; data: Uint8Array; shape: readonly number[] },
  ): string {
    const unique = this.#unique(name);
    this.#initializers.push(messageOf(5, [
      ...tensor.shape.map((length) => varintField(1, length)),
      varintField(2, ELEMENT_TYPE[tensor.type]),
      bytesField(8, unique),
      ...messageOf(9, [tensor.data]),
    ]));
    return unique;
  }

  #unique(name: string): string {
    let unique = name;
    for (let i = 1; this.#names.has(unique); i++) unique = `${name}_${i}`;
    this.#names.add(unique);
    return unique;
  }
}

/** AttributeProto: name, value and its type. */
function attributeParts(name: string, value: OnnxAttribute): Uint8Array[] {
  const parts = [bytesField(1, name)];
  if ("i" in value) return [...parts, varintField(3, value.i), varintField(20, 2)];
  if ("f" in value) return [...parts, floatField(2, value.f), varintField(20, 1)];
  if ("s" in value) return [...parts, bytesField(4, value.s), varintField(20, 3)];
  return [...parts, ...value.ints.map((i) => varintField(8, i)), varintField(20, 7)];
}

/** ValueInfoProto of a tensor. */
function valueParts({ name, type, shape }: OnnxValueInfo): Uint8Array[] {
  const dimensions = shape.flatMap((length) =>
    messageOf(1, [typeof length === "number" ? varintField(1, length) : bytesField(2, length)])
  );
  const tensor = [varintField(1, ELEMENT_TYPE[type]), ...messageOf(2, dimensions)];
  return [bytesField(1, name), ...messageOf(2, messageOf(1, tensor))];
}

function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
