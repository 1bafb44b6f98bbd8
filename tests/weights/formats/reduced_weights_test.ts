import assert from "node:assert/strict";
import { test } from "node:test";
import { float32Values } from "../../../lib/weights/formats/float32_values.ts";
import { float16Bits, int8Channels } from "../../../lib/weights/formats/reduced_weights.ts";

test("float16Bits() gives the bits of every float16, and rounds ties to even", () => {
  const finite = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i)
    .filter((bits) => (bits & 0x7c00) !== 0x7c00);
  const values = float32Values(new Uint8Array(finite.buffer), "F16");
  assert.deepEqual(float16Bits(values), finite);
  const ties = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25, 65519);
  assert.deepEqual([...float16Bits(ties)!], [0x3c00, 0x3c02, 0, 2, 0x7bff]);
  assert.equal(float16Bits(Float32Array.of(65520)), null);
});

test("int8Channels() scales each channel by its largest magnitude", () => {
  const values = Float32Array.of(1, -127, 0.5, 0.25, 0, 0);
  assert.deepEqual(int8Channels(values, { shape: [3, 2], axis: 0 }), {
    codes: Int8Array.of(1, -127, 127, 64, 0, 0),
    scales: Float32Array.of(1, 0.5 / 127, 1),
  });
});
