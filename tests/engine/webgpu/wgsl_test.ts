/** What compilers stricter than Deno's ask of the engine's WGSL, such as Dawn's, which is Chrome's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { trainingBackend } from "../../../lib/engine/webgpu/mod.ts";
import { dryGpu } from "../../../bench/dry_gpu.ts";
import { ownStep } from "../../../bench/training_step.ts";

/** The WGSL of all kernels that training steps of a network take. */
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
    const step = await ownStep({ network, mode: "temperature", precision, ...size });
    step.run();
    trainingBackend().flush();
    step.dispose();
  }
  await backend.dispose();
  await tf.setBackend("cpu");
  return codes;
}

test("kernels with barriers reach them by no private variable, which may differ between threads", async () => {
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
