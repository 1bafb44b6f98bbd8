import assert from "node:assert/strict";
import { test } from "node:test";
import {
  epilogue,
  type FusedActivation,
  gemmKernel,
  isKnownActivation,
  storeVector,
} from "../../../lib/engine/webgpu/gemm.ts";
import { TILES } from "../../../lib/engine/webgpu/gemm_tiles.ts";
import { kernelTemplate } from "../../../lib/engine/webgpu/wgsl.ts";

test("gemmKernel() unrolls the inner loop as text where asked to", () => {
  const spec = {
    key: "k",
    tile: TILES["64x64"],
    uniforms: [],
    reads: [],
    writes: [],
    a: "mk",
    b: "kn",
    functions: () => "",
    range: "",
  } as const;
  const text = (unroll: boolean) =>
    gemmKernel({ ...spec, uniforms: [], reads: [], writes: [], unroll }).wgsl(kernelTemplate(0))
      .main;
  const products = (unroll: boolean) => text(unroll).match(/fma\(/g)!.length;
  assert.equal(products(true), 4 * products(false));
  assert.equal(text(true).match(/for \(/g)!.length, 1);
  assert.notEqual(
    gemmKernel({ ...spec, uniforms: [], reads: [], writes: [], unroll: true }).key,
    "k",
  );
});

test("epilogue() adds the bias before the activation", () => {
  for (const activation of ["linear", "relu", "leakyrelu"] as FusedActivation[]) {
    assert(isKnownActivation(activation));
    assert.match(epilogue(activation, true), /let v = value \+ vec4<f32>\(bias\[/);
    assert.match(epilogue(activation, false), /let v = value;/);
  }
  assert(isKnownActivation(undefined) && !isKnownActivation("elu"));
});

test("storeVector() writes a vector, or the elements within the last column", () => {
  const { store } = kernelTemplate(0, ["y"]);
  assert.equal(storeVector(store, "y", { four: true }), "y[at / 4] = toFloat16(r);");
  const elements = storeVector(store, "y", { four: false, columns: "u.c" });
  assert.equal(elements.match(/if \(n \+ \d < u\.c\) \{ y\[at \+ \d\] = r\[\d\]; \}/g)!.length, 4);
});
