import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  assemble,
  linearGrid,
  packScalars,
  type WgslKernel,
} from "../../../lib/engine/webgpu/dispatch.ts";

const KERNEL: WgslKernel = {
  key: "example",
  uniforms: [["count", "u32"], ["shift", "i32"], ["scale", "f32"]],
  reads: [["x", "f32"]],
  writes: [["y", "vec4<f32>"]],
  wgsl: () => ({ globals: "const one = 1.0;", main: "  y[0] = vec4<f32>(x[0] * u.scale);" }),
};

test("linearGrid() covers any count within the limit of one dimension", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (count) => {
    const [x, y, z] = linearGrid(count);
    assert(x <= 65535 && y <= 65535 && z === 1);
    assert(x * y >= count && (x - 1) * y < count);
  }));
  assert.deepEqual(linearGrid(0), [1, 1, 1]);
});

test("packScalars() writes each scalar by its type, little-endian", () => {
  const view = new DataView(packScalars(KERNEL, [4e9, -2, 0.5]));
  assert.equal(view.getUint32(0, true), 4e9);
  assert.equal(view.getInt32(4, true), -2);
  assert.equal(view.getFloat32(8, true), 0.5);
});

test("assemble() declares parameters and tensors in the order of the launch", () => {
  const wgsl = assemble(KERNEL);
  const bindings = wgsl.match(/@binding\(\d\) var<[^;]*;/g);
  assert.deepEqual(bindings, [
    "@binding(0) var<uniform> u: Uniforms;",
    "@binding(1) var<storage, read> x: array<f32>;",
    "@binding(2) var<storage, read_write> y: array<vec4<f32>>;",
  ]);
  assert(wgsl.indexOf("const one") < wgsl.indexOf("fn main"));
});
