import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { trainingBackend } from "../../../lib/engine/webgpu/mod.ts";
import {
  assembleWgsl,
  kernelTemplate,
  pipelineKey,
  type WgslKernel,
} from "../../../lib/engine/webgpu/wgsl.ts";
import { dryGpu } from "../../../bench/dry_gpu.ts";
import { ownStep } from "../../../bench/training_step.ts";

const KERNEL: WgslKernel = {
  key: "example",
  uniforms: [["count", "u32"], ["scale", "f32"]],
  reads: [["x", "vec4<f32>"], ["factor", "f32"]],
  writes: [["y", "vec4<f32>"]],
  wgsl: ({ load, store }) => ({
    globals: "const one = 1.0;",
    main: `  ${store("y", "i", `${load("x", "2u * i")} * factor[0]`)}`,
  }),
};
const FLOAT16 = { names: ["x", "y"], native: true };

test("kernelTemplate() converts the accesses to tensors in float16 storage alone", () => {
  const { load, store } = kernelTemplate(0, ["x"]);
  assert.equal(load("x", "i + 1u"), "toFloat32(x[i + 1u])");
  assert.equal(load("dx", "i"), "dx[i]");
  assert.equal(store("x", "i", load("dx", "i")), "x[i] = toFloat16(dx[i]);");
  assert.equal(store("dx", "i", load("x", "i")), "dx[i] = toFloat32(x[i]);");
});

test("pipelineKey() differs by the storage of each tensor", () => {
  const native = pipelineKey(KERNEL, FLOAT16);
  const packed = pipelineKey(KERNEL, { ...FLOAT16, native: false });
  const one = pipelineKey(KERNEL, { ...FLOAT16, names: ["x"] });
  assert.equal(new Set([native, packed, one, KERNEL.key]).size, 4);
  assert.equal(pipelineKey(KERNEL, { ...FLOAT16, names: [] }), KERNEL.key);
});

test("assembleWgsl() declares uniforms and tensors in the order of the launch", () => {
  const wgsl = assembleWgsl(KERNEL);
  assert.deepEqual(bindingsOf(wgsl), [
    "@binding(0) var<uniform> u: Uniforms;",
    "@binding(1) var<storage, read> x: array<vec4<f32>>;",
    "@binding(2) var<storage, read> factor: array<f32>;",
    "@binding(3) var<storage, read_write> y: array<vec4<f32>>;",
  ]);
  assert(wgsl.includes("y[i] = x[2u * i] * factor[0];"));
  assert(wgsl.indexOf("const one") < wgsl.indexOf("fn main"));
});

test("assembleWgsl() binds float16 storage as f16 or as packed pairs, and converts by functions", () => {
  const native = assembleWgsl(KERNEL, { float16: FLOAT16 });
  const packed = assembleWgsl(KERNEL, { float16: { ...FLOAT16, native: false } });
  assert.match(native, /^enable f16;/);
  assert(!packed.includes("f16;") && packed.includes("unpack2x16float"));
  for (const [wgsl, type] of [[native, "vec4<f16>"], [packed, "vec2<u32>"]] as const) {
    const [, x, factor, y] = bindingsOf(wgsl);
    assert(x!.endsWith(`array<${type}>;`) && y!.endsWith(`array<${type}>;`));
    assert(factor!.endsWith("array<f32>;"));
    assert(wgsl.includes("y[i] = toFloat16(toFloat32(x[2u * i]) * factor[0]);"));
  }
});

function bindingsOf(wgsl: string): string[] {
  return wgsl.match(/@binding\(\d\) var<[^;]*;/g)!;
}

test("assembleWgsl() enables subgroups where WGSL must, and only in kernels that use them", () => {
  const kernel = (uses: boolean) => ({
    ...{ key: "k", uniforms: [], reads: [], writes: [] },
    wgsl: () => ({ main: uses ? "let v = subgroupAdd(1.0);" : "" }),
  });
  assert.match(
    assembleWgsl(kernel(true), { subgroups: { size: 32, enable: true } }),
    /^enable subgroups;/,
  );
  assert.doesNotMatch(
    assembleWgsl(kernel(true), { subgroups: { size: 32, enable: false } }),
    /enable/,
  );
  assert.doesNotMatch(
    assembleWgsl(kernel(false), { subgroups: { size: 32, enable: true } }),
    /enable/,
  );
});

/** The WGSL of all kernels that training steps of a network take, for compilers stricter than Deno's. */
async function shadersOf(network: string): Promise<string[]> {
  const backend = await useBackend({ backend: "webgpu", gpu: dryGpu().gpu });
  const { device } = trainingBackend();
  const codes: string[] = [];
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    codes.push(descriptor.code);
    return create(descriptor);
  };
  const size = { width: 1 / 8, size: 64, batch: 2 };
  for (const precision of ["f32", "mixed"] as const) {
    const step = await ownStep({ network, adversarial: true, precision, ...size });
    step.run();
    trainingBackend().flush();
    step.dispose();
  }
  await backend.dispose();
  await tf.setBackend("cpu");
  return codes;
}

test("assembleWgsl() gives no loop with barriers a bound that depends on a private variable", async () => {
  let products = 0;
  for (const network of ["fcn8s-vgg16", "resnet50"]) {
    for (const code of await shadersOf(network)) {
      // Of the engine's own alone: tfjs's main has another name.
      const start = code.indexOf("fn main(\n  @builtin(workgroup_id)");
      const main = start < 0 ? "" : code.slice(start);
      if (!main.includes("workgroupBarrier")) continue;
      const bounds = [...main.matchAll(/let (?:firstK|endK) = ([^;]*);/g)].map(([text]) => text);
      if (bounds.length === 0) continue;
      products++;
      for (const [, name] of code.matchAll(/var<private> (\w+)/g)) {
        const reads = bounds.filter((text) => new RegExp(`\\b${name}\\b`).test(text));
        // What main itself set before is known to be alike in all threads.
        const known = new RegExp(`\\b${name} = `).test(main.slice(0, main.indexOf(reads[0]!)));
        assert(known || reads.length === 0, `a loop with barriers depends on "${name}": ${reads}`);
      }
    }
  }
  assert(products > 20, `only ${products} kernels of products`);
});
