import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { float32Values } from "../../../lib/weights/formats/float32_values.ts";

function decode(typed: ArrayBufferView<ArrayBuffer>, dtype: Parameters<typeof float32Values>[1]) {
  return [...float32Values(new Uint8Array(typed.buffer), dtype)];
}

test("float32Values() reads every integer and float type", () => {
  assert.deepEqual(decode(Float64Array.of(0.5, -3), "F64"), [0.5, -3]);
  assert.deepEqual(decode(Float32Array.of(0.1, -0), "F32"), [Math.fround(0.1), -0]);
  assert.deepEqual(decode(BigInt64Array.of(-5n, 7n), "I64"), [-5, 7]);
  assert.deepEqual(decode(BigUint64Array.of(5n), "U64"), [5]);
  assert.deepEqual(decode(Int32Array.of(-5), "I32"), [-5]);
  assert.deepEqual(decode(Uint32Array.of(2 ** 31), "U32"), [2 ** 31]);
  assert.deepEqual(decode(Int16Array.of(-5), "I16"), [-5]);
  assert.deepEqual(decode(Uint16Array.of(65535), "U16"), [65535]);
  assert.deepEqual(decode(Int8Array.of(-128), "I8"), [-128]);
  assert.deepEqual(decode(Uint8Array.of(255), "U8"), [255]);
  assert.deepEqual(decode(Uint8Array.of(0, 1, 2), "BOOL"), [0, 1, 1]);
  assert.throws(() => decode(Uint8Array.of(0), "F16"), /Cannot read 1 bytes as F16/);
});

test("float32Values() reads float16 at its limits", () => {
  const stored = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x3c00, 0x7bff, 0x7c00, 0xfc00, 0x8000);
  assert.deepEqual(decode(stored, "F16"), [
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    1,
    65504,
    Infinity,
    -Infinity,
    -0,
  ]);
  assert.ok(Number.isNaN(decode(Uint16Array.of(0x7e00), "F16")[0]));
});

test("float32Values() gives a bfloat16 the upper half of its float32", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 65535 }), (bits) => {
    const expected = new Float32Array(Uint32Array.of(bits * 65536).buffer)[0]!;
    assert.deepEqual(decode(Uint16Array.of(bits), "BF16"), [expected]);
  }));
});
