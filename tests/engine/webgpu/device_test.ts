import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { isSoftwareAdapter } from "../../../lib/engine/webgpu/adapter.ts";
import { ErrorCollector, openDevice } from "../../../lib/engine/webgpu/device.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

/** A device that errors and is lost on demand. */
function fakeDevice() {
  const target = new EventTarget();
  let lose: (info: { reason: string; message: string }) => void = () => {};
  const lost = new Promise((resolve) => lose = resolve);
  let waits = 0;
  const queue = { onSubmittedWorkDone: () => Promise.resolve(void waits++) };
  const device = Object.assign(target, { lost, queue }) as unknown as GPUDevice;
  const fail = (error: Error) => {
    target.dispatchEvent(Object.assign(new Event("uncapturederror"), { error }));
  };
  return { device, fail, lose, waits: () => waits };
}

test("ErrorCollector.check() throws the first error and the count, once", async () => {
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  await errors.check();
  fail(new RangeError(["first", "of two"].join("\n  ")));
  fail(new TypeError("second"));
  assert.equal(errors.count, 2);
  await assert.rejects(errors.check(), /2 errors .*the first: RangeError: first of two/);
  await errors.check();
});

test("ErrorCollector.check() throws errors that arrive within the same turn", async () => {
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  const check = errors.check();
  fail(new Error("late"));
  await assert.rejects(check, /late/);
});

test("ErrorCollector.check() throws for a lost device, each time", async () => {
  const { device, lose } = fakeDevice();
  const errors = new ErrorCollector(device);
  lose({ reason: "unknown", message: "driver reset" });
  await assert.rejects(errors.check(), /lost \(unknown: driver reset\)/);
  await assert.rejects(errors.check(), /last checkpoint/);
});

test("ErrorCollector.check() ignores the loss of a closed device", async () => {
  const { device, lose } = fakeDevice();
  const errors = new ErrorCollector(device);
  errors.close();
  lose({ reason: "destroyed", message: "" });
  await errors.check();
});

test("ErrorCollector.check() names the remedy where the adapter's memory is full", async () => {
  class GPUOutOfMemoryError extends Error {}
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  fail(new GPUOutOfMemoryError("not enough memory left"));
  await assert.rejects(errors.check(), /not enough memory left; lower data\.batch, data\.crop/);
});

test("ErrorCollector.check() waits for the adapter after every eighth step", async () => {
  const { device, waits } = fakeDevice();
  const errors = new ErrorCollector(device);
  const seen: number[] = [];
  for (let step = 1; step <= 24; step++) {
    await errors.check();
    seen.push(waits());
  }
  assert.deepEqual([seen[6], seen[7], seen[14], seen[15], seen[23]], [0, 1, 1, 2, 3]);
});

const skip = await noAdapter();

/** An implementation as bun-webgpu's: it throws at the older flag, and at limits it has none of. */
function strictGpu(info: { device: string }): GPU {
  const limits = { maxBufferSize: 2 ** 30, maxImmediateSize: 0 };
  const adapter = {
    info: { vendor: "", architecture: "", description: "", isFallbackAdapter: false, ...info },
    limits,
    features: new Set(["timestamp-query"]),
    get isFallbackAdapter(): boolean {
      throw new Error("Not implemented");
    },
    requestDevice({ requiredLimits }: { requiredLimits: Record<string, number> }) {
      if (requiredLimits.maxImmediateSize !== 0) throw new Error("between 0 and 0, got 64");
      const buffer = { destroy() {} };
      const lost = new Promise(() => {});
      const listener = { addEventListener() {}, queue: {}, lost };
      return Promise.resolve({
        ...listener,
        limits,
        features: new Set(),
        createBuffer: () => buffer,
      });
    },
  };
  return { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
}

describe("openDevice() with another implementation", () => {
  test("openDevice() requests no limit that the adapter lacks", async () => {
    const { name, software, limits } = await openDevice({ gpu: strictGpu({ device: "card" }) });
    assert.deepEqual([name, software, limits.maxBufferSize], ["card", false, 2 ** 30]);
  });

  test("openDevice() refuses Dawn's null adapter", async () => {
    const gpu = strictGpu({ device: "null-backend" });
    await assert.rejects(openDevice({ gpu }), /no adapter was found; install a GPU driver/);
  });
});

describe("openDevice()", () => {
  test("openDevice() takes the adapter's maximum limits", { skip }, async () => {
    const adapter = await navigator.gpu.requestAdapter();
    const training = await openDevice();
    for (const [name, value] of Object.entries(training.limits)) {
      assert.equal(value, (adapter!.limits as unknown as Record<string, number>)[name], name);
    }
    assert.equal(training.software, isSoftwareAdapter(adapter!));
    training.errors.close();
    training.device.destroy();
    await training.device.lost;
    await training.errors.check();
  });

  test("openDevice() says how to get WebGPU", {
    skip: "Deno" in globalThis && "Deno has navigator.gpu",
  }, async () => {
    await assert.rejects(openDevice(), /no navigator\.gpu; run with Deno/);
  });
});
