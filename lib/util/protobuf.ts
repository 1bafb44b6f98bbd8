/**
 * The wire format of protocol buffers, for writing: TensorBoard's events and ONNX models.
 *
 * @module
 */

/** Puts byte arrays one after another. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A field of wire type 0: an integer, negative ones in two's complement of 64 bits. */
export function varintField(field: number, value: number): Uint8Array {
  return concat([varint(field << 3), value < 0 ? negativeVarint(value) : varint(value)]);
}

/** A field of wire type 5, a float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = (field << 3) | 5;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

/** A field of wire type 2 with bytes, or a text in UTF-8. */
export function bytesField(field: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

/** A field of wire type 2 with another message. */
export function message(field: number, content: Uint8Array): Uint8Array {
  return bytesField(field, content);
}

/** A field of wire type 2 with a message in parts, which are not copied. */
export function messageOf(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [concat([varint((field << 3) | 2), varint(length)]), ...parts];
}

function negativeVarint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
  return Uint8Array.from(bytes);
}
