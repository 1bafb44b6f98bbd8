/**
 * ONNX graphs as bytes (onnx.proto3, IR version 8, operator set 17).
 *
 * @module
 */
import { bytesField, concat, floatField, messageOf, varintField } from "../../util/protobuf.ts";
import {
  ELEMENT_TYPE,
  type OnnxAttribute,
  type OnnxConstant,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValueInfo,
} from "./onnx_graph.ts";

const IR_VERSION = 8;
const OPERATOR_SET = 17;
/** Protocol buffers count the bytes of a message in 31 bits. */
const MAX_BYTES = 2 ** 31 - 1;
/** Room for nodes, names and metadata. */
const MARGIN = 2 ** 20;

/** Everything about a model but its nodes and constants. */
export interface OnnxModelInfo {
  inputs: readonly OnnxValueInfo[];
  outputs: readonly OnnxValueInfo[];
  /** Entries of `metadata_props`. */
  metadata: Readonly<Record<string, string>>;
}

/** The bytes of a model. */
export function serializeOnnx(graph: OnnxGraph, info: OnnxModelInfo): Uint8Array {
  const parts = [
    ...graph.nodes.flatMap(nodeParts),
    bytesField(2, "segadv"),
    ...[...graph.constants].flatMap(([name, constant]) => constantParts(name, constant)),
    ...info.inputs.flatMap((value) => messageOf(11, valueParts(value))),
    ...info.outputs.flatMap((value) => messageOf(12, valueParts(value))),
  ];
  return concat([
    varintField(1, IR_VERSION),
    bytesField(2, "segadv"),
    ...messageOf(7, parts),
    ...messageOf(8, [bytesField(1, ""), varintField(2, OPERATOR_SET)]),
    ...Object.entries(info.metadata).flatMap(([key, value]) =>
      messageOf(14, [bytesField(1, key), bytesField(2, value)])
    ),
  ]);
}

/**
 * Refuses weights that no ONNX file can hold.
 *
 * @param bytes Of all weights, as they are to be stored.
 * @throws {RangeError} If the file would pass 2 GiB.
 */
export function assertFits(bytes: number, name: string): void {
  if (bytes + MARGIN <= MAX_BYTES) return;
  throw new RangeError(
    `Cannot export "${name}" to ONNX: its weights take ${(bytes / 1e9).toFixed(1)} GB, and an ` +
      "ONNX file ends at 2.1 GB; store them as half or int8, or export to safetensors",
  );
}

/** NodeProto. */
function nodeParts({ name, operator, inputs, attributes }: OnnxNode): Uint8Array[] {
  return messageOf(1, [
    ...inputs.map((input) => bytesField(1, input)),
    bytesField(2, name),
    bytesField(3, name),
    bytesField(4, operator),
    ...Object.entries(attributes).flatMap(([key, value]) =>
      messageOf(5, attributeParts(key, value))
    ),
  ]);
}

/** TensorProto, whose values are not copied. */
function constantParts(name: string, { type, shape, values }: OnnxConstant): Uint8Array[] {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return messageOf(5, [
    ...shape.map((length) => varintField(1, length)),
    varintField(2, ELEMENT_TYPE[type]),
    bytesField(8, name),
    ...messageOf(9, [bytes]),
  ]);
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
