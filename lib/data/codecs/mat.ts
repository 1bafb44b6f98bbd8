/**
 * Reader of MATLAB 5 files (`.mat` up to version 7, compressed or not), as far as label archives
 * need it: numbers, structs and cells. Written from MathWorks' "MAT-File Format".
 *
 * @module
 */
import { inflateSync } from "node:zlib";
import { DamagedFileError } from "../dataset.ts";
import { printable } from "../../util/format.ts";

/** A value of a `.mat` file. */
export type MatValue = MatNumbers | MatStruct | MatCell | MatOther;

/** An array of numbers or logical values. */
export interface MatNumbers {
  kind: "numbers";
  /** Rows, columns, … */
  dims: number[];
  /** In column-major order: down the columns first. */
  data: Float64Array | Uint8Array;
}

/** A struct array; nearly always of one element. */
export interface MatStruct {
  kind: "struct";
  dims: number[];
  elements: Record<string, MatValue>[];
}

/** A cell array. */
export interface MatCell {
  kind: "cell";
  dims: number[];
  elements: MatValue[];
}

/** A value of a class that is not read: text, sparse matrices, objects, functions. */
export interface MatOther {
  kind: "other";
  dims: number[];
  /** MATLAB's number of the class. */
  class: number;
}

/** Bytes of one stored element: a number of the type table, and where it lies. */
interface Element {
  type: number;
  start: number;
  length: number;
  /** Where the next one starts. */
  next: number;
}

/** A part of the file, or what a compressed part became. */
interface Block {
  view: DataView;
  little: boolean;
}

const MATRIX = 14;
const COMPRESSED = 15;
const TYPE_BYTES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8 };
/** Classes of arrays; 64-bit integers (14, 15) are not read. */
const [CELL, STRUCT, FIRST_NUMERIC, LAST_NUMERIC] = [1, 2, 6, 13];
const MAX_DEPTH = 16;
/** Compressed variables may expand to this many bytes: far above any label map. */
const MAX_INFLATED = 2 ** 28;

/**
 * Reads every variable of a MATLAB 5 file.
 *
 * @throws {DamagedFileError} If the bytes are no such file, damaged or truncated, or claim sizes that
 * they do not hold; the message names the file.
 */
export function readMat(bytes: Uint8Array, options: { file: string }): Map<string, MatValue> {
  try {
    return readVariables(bytes);
  } catch (error) {
    const reason = printable((error as Error).message);
    throw new DamagedFileError(`Cannot read MATLAB file "${options.file}": ${reason}`);
  }
}

function readVariables(bytes: Uint8Array): Map<string, MatValue> {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 128));
  if (head.startsWith("MATLAB 7.3") || head.startsWith("HDF\r\n", 1)) {
    throw new SyntaxError("version 7.3 (HDF5) is not supported: save it with the option -v7");
  }
  const mark = head.slice(126);
  if (mark !== "IM" && mark !== "MI") throw new SyntaxError("it is no MATLAB 5 file");
  const block = blockOf(bytes, mark === "IM");
  const variables = new Map<string, MatValue>();
  for (let at = 128; at < bytes.length;) {
    const element = elementAt(block, at, bytes.length);
    at = element.next;
    let [inner, matrix] = [block, element];
    if (element.type === COMPRESSED) {
      inner = blockOf(inflate(bytes.subarray(element.start, element.next)), block.little);
      matrix = elementAt(inner, 0, inner.view.byteLength);
    }
    if (matrix.type !== MATRIX) throw new SyntaxError(`data of type ${matrix.type} is no variable`);
    const { name, value } = readMatrix(inner, matrix, { depth: 0 });
    variables.set(name, value);
  }
  return variables;
}

function blockOf(bytes: Uint8Array, little: boolean): Block {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), little };
}

function inflate(compressed: Uint8Array): Uint8Array {
  try {
    return inflateSync(compressed, { maxOutputLength: MAX_INFLATED });
  } catch (error) {
    throw new SyntaxError(`damaged compressed data (${(error as Error).message})`);
  }
}

/** The element that starts at `at`, within a parent that ends at `end`. */
function elementAt({ view, little }: Block, at: number, end: number): Element {
  if (at + 8 > end) throw new SyntaxError("file truncated");
  const word = view.getUint32(at, little);
  const small = word >>> 16;
  if (small !== 0) {
    if (small > 4) throw new SyntaxError(`a short element of ${small} bytes does not exist`);
    return { type: word & 0xffff, start: at + 4, length: small, next: at + 8 };
  }
  const length = view.getUint32(at + 4, little);
  const start = at + 8;
  if (start + length > end) throw new SyntaxError("file truncated");
  // Compressed elements are not padded to eight bytes; the last of all may lack its padding.
  const padded = word === COMPRESSED ? length : Math.ceil(length / 8) * 8;
  return { type: word, start, length, next: Math.min(start + padded, end) };
}

function readMatrix(
  block: Block,
  matrix: Element,
  { depth }: { depth: number },
): { name: string; value: MatValue } {
  if (depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`);
  const end = matrix.start + matrix.length;
  if (matrix.length === 0) {
    return { name: "", value: { kind: "numbers", dims: [0, 0], data: none } };
  }
  const flags = elementAt(block, matrix.start, end);
  const kind = block.view.getUint32(flags.start, block.little) & 0xff;
  const size = elementAt(block, flags.next, end);
  const dims = [...numbersOf(block, size)];
  const count = dims.reduce((product, side) => product * side, 1);
  if (dims.length < 2 || dims.some((side) => side < 0)) throw new SyntaxError("wrong dimensions");
  const name = elementAt(block, size.next, end);
  const context = { block, at: name.next, end, dims, count, depth };
  return { name: textOf(block, name), value: readContent(kind, context) };
}

const none = new Uint8Array(0);

interface Content {
  block: Block;
  at: number;
  end: number;
  dims: number[];
  count: number;
  depth: number;
}

function readContent(kind: number, content: Content): MatValue {
  const { block, at, end, dims, count } = content;
  if (kind >= FIRST_NUMERIC && kind <= LAST_NUMERIC) {
    const data = numbersOf(block, elementAt(block, at, end));
    if (data.length !== count) {
      throw new SyntaxError(`an array of ${dims.join("x")} holds ${data.length} values`);
    }
    return { kind: "numbers", dims, data };
  }
  if (kind === CELL) {
    const { elements } = readMatrices(content, { at, count });
    return { kind: "cell", dims, elements };
  }
  if (kind === STRUCT) return readStruct(content);
  return { kind: "other", dims, class: kind };
}

function readStruct(content: Content): MatStruct {
  const { block, end, dims, count } = content;
  const width = elementAt(block, content.at, end);
  const nameLength = numbersOf(block, width)[0] ?? 0;
  const names = elementAt(block, width.next, end);
  if (nameLength < 1) throw new SyntaxError("a struct has field names of no length");
  const fields: string[] = [];
  for (let i = 0; i + nameLength <= names.length; i += nameLength) {
    fields.push(textOf(block, { ...names, start: names.start + i, length: nameLength }));
  }
  const elements: Record<string, MatValue>[] = [];
  let at = names.next;
  for (let i = 0; i < count; i++) {
    const values = readMatrices(content, { at, count: fields.length });
    elements.push(Object.fromEntries(fields.map((field, j) => [field, values.elements[j]!])));
    at = values.next;
    if (fields.length === 0) break;
  }
  return { kind: "struct", dims, elements };
}

/** Reads `count` matrices one after the other. */
function readMatrices(
  { block, end, depth }: Content,
  { at, count }: { at: number; count: number },
): { elements: MatValue[]; next: number } {
  const elements: MatValue[] = [];
  for (let i = 0; i < count; i++) {
    const element = elementAt(block, at, end);
    if (element.type !== MATRIX) {
      throw new SyntaxError(`type ${element.type} where a value belongs`);
    }
    elements.push(readMatrix(block, element, { depth: depth + 1 }).value);
    at = element.next;
  }
  return { elements, next: at };
}

/** The numbers of an element, whatever type they are stored as. */
function numbersOf({ view, little }: Block, element: Element): Float64Array | Uint8Array {
  const { type, start, length } = element;
  if (type === 2) return new Uint8Array(view.buffer, view.byteOffset + start, length);
  const bytes = TYPE_BYTES[type];
  if (bytes === undefined) throw new SyntaxError(`numbers of type ${type} are not supported`);
  const data = new Float64Array(Math.floor(length / bytes));
  for (let i = 0, at = start; i < data.length; i++, at += bytes) {
    if (type === 1) data[i] = view.getInt8(at);
    else if (type === 3) data[i] = view.getInt16(at, little);
    else if (type === 4) data[i] = view.getUint16(at, little);
    else if (type === 5) data[i] = view.getInt32(at, little);
    else if (type === 6) data[i] = view.getUint32(at, little);
    else if (type === 7) data[i] = view.getFloat32(at, little);
    else data[i] = view.getFloat64(at, little);
  }
  return data;
}

function textOf({ view }: Block, { start, length }: Element): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, length);
  const end = bytes.indexOf(0);
  return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
}
