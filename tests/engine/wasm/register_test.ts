import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import { oneHot } from "../../../lib/engine/ops/labels.ts";
import { resizeBilinear } from "../../../lib/engine/ops/resize_bilinear.ts";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";
import { on, relativeError, tensor } from "../../support/wasm_compare.ts";

/** Untouched tensors, which cost address space and no time. */
interface Allocator {
  makeOutput(shape: number[], dtype: string): tf.TensorInfo;
  disposeData(id: object): boolean;
  getMemoryOffset(id: object): number;
}

const isBun = "bun" in process.versions;

/** Runs the exit program and returns how it ended. */
function runProgram(mode: string): Promise<{ code: number | null; hangs: boolean; out: string }> {
  const path = fileURLToPath(new URL("./_exit_program.ts", import.meta.url));
  const args = isBun ? [path, mode] : ["run", "-A", path, mode];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let out = "";
  child.stdout.on("data", (data) => {
    out += data;
    if (mode === "wait" && out.includes("sum")) child.kill("SIGINT");
  });
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill("SIGKILL");
  }, 120_000);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, hangs, out });
    });
  });
}

const LEAKY = { eps: 1e-3, relu: true, leak: 0.2 };

/** Labels of 21 classes, and some of none. */
function makeLabels(): tf.Tensor3D {
  const labels = Int32Array.from({ length: 3 * 20 * 22 }, (_, i) => i * 7 % 23);
  return tf.tensor3d(labels, [3, 20, 22], "int32");
}

/** Conv, gradients, batch norm-like reductions: everything that is shared out, as raw values. */
function work(): tf.Tensor[] {
  const results: tf.Tensor[] = [];
  for (
    const [h, c, n, k, s] of [[31, 3, 16, 3, 1], [20, 64, 70, 3, 1], [17, 33, 48, 4, 2], [
      5,
      40,
      200,
      7,
      1,
    ]] as const
  ) {
    const x = tensor<tf.Rank.R4>([3, h, h + 4, c], 1);
    const f = tensor<tf.Rank.R4>([k, k, c, n], 2);
    const run = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.leakyRelu(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, s, "same"), 0.2);
    const y = run(x, f);
    results.push(y, ...tf.grads(run)([x, f], tensor(y.shape, 3)));
  }
  const f = tensor<tf.Rank.R4>([4, 4, 21, 70], 4);
  const small = tensor<tf.Rank.R4>([3, 3, 4, 21], 10);
  for (const maps of [oneHot(makeLabels(), 21), resizeBilinear(small, { height: 60, width: 64 })]) {
    const look = (a: tf.Tensor): tf.Tensor =>
      tf.conv2d(maps as tf.Tensor4D, a as tf.Tensor4D, 2, "same");
    const y = look(f);
    results.push(y, ...tf.grads(look)([f], tensor(y.shape, 5)));
  }
  for (const [h, w, c, height, width] of [[4, 5, 21, 128, 160], [30, 40, 1, 7, 90]] as const) {
    const resize = (a: tf.Tensor): tf.Tensor => resizeBilinear(a as tf.Tensor4D, { height, width });
    const x = tensor<tf.Rank.R4>([2, h, w, c], 6);
    results.push(resize(x), tf.grad(resize)(x, tensor([2, height, width, c], 7)));
  }
  const x = tensor<tf.Rank.R4>([3, 30, 31, 37], 8);
  const norm = (a: tf.Tensor): tf.Tensor => {
    const inputs = { x: a as tf.Tensor4D, gamma: tf.ones([37]), beta: tf.zeros([37]) };
    return batchNormTraining(inputs as Parameters<typeof batchNormTraining>[0], LEAKY)[0];
  };
  results.push(norm(x), tf.grad(norm)(x, tensor(x.shape, 9)));
  return results;
}

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

describe("registerWasmBackend()", () => {
  after(disposeWasmBackend);

  test("registerWasmBackend() is bit-identical for any number of threads", LONG, async () => {
    const runs: Float32Array[][] = [];
    for (const threads of [1, 2, 5]) {
      const info = await registerWasmBackend({ threads });
      assert.deepEqual(
        { threads: info.threads, build: info.build, sharedMemory: info.sharedMemory },
        { threads, build: "plain", sharedMemory: true },
      );
      for (let repeat = 0; repeat < 3; repeat++) runs.push(await on("wasm", work));
    }
    for (const run of runs) assert.deepEqual(run, runs[0]);
  });

  test(
    "registerWasmBackend() with relaxed SIMD agrees with the plain build to rounding",
    LONG,
    async () => {
      await registerWasmBackend({ threads: 2 });
      const plain = await on("wasm", work);
      const { build } = await registerWasmBackend({ threads: 2, relaxedSimd: "auto" });
      assert.ok(build === "relaxed" || build === "plain");
      const relaxed = await on("wasm", work);
      relaxed.forEach((values, i) => assert.ok(relativeError(values, plain[i]!) < 1e-5));
    },
  );

  test("registerWasmBackend() refuses bad options before it changes anything", LONG, async () => {
    await assert.rejects(registerWasmBackend({ threads: 0 }), {
      name: "RangeError",
      message: "threads must be a positive integer, got 0",
    });
    await assert.rejects(
      registerWasmBackend({ deterministic: true, relaxedSimd: true }),
      { name: "TypeError" },
    );
  });

  test(
    "registerWasmBackend() throws a clear error when memory runs out, and works on",
    LONG,
    async () => {
      const info = await registerWasmBackend({ threads: 1 });
      await tf.setBackend("wasm");
      const backend = tf.backend() as unknown as Allocator;
      const kept: tf.TensorInfo[] = [];
      assert.throws(
        () => {
          for (;;) kept.push(backend.makeOutput([256, 1 << 20], "float32"));
        },
        (error: Error) => {
          assert.equal(error.name, "RangeError");
          assert.match(error.message, /cannot allocate 1024\.0 MiB for tensor \[256, 1048576\]/);
          assert.match(error.message, /lower data\.batch, data\.crop or model\.width$/);
          return true;
        },
      );
      assert.equal(kept.length, 3);
      assert.ok(info.peakBytes() >= 3 * 2 ** 30 && info.peakBytes() < 2 ** 32);
      for (const tensor of kept) backend.disposeData(tensor.dataId);
      assert.ok(info.liveBytes() < 2 ** 28);
      const sum = await tf.sum(tf.ones([1000])).data();
      assert.equal(sum[0], 1000);
    },
  );

  test(
    "registerWasmBackend() computes the same above 2 GiB and after the memory grew",
    LONG,
    async () => {
      await registerWasmBackend({ threads: 2 });
      const low = await on("wasm", work);
      await tf.setBackend("wasm");
      const backend = tf.backend() as unknown as Allocator;
      const fillers = Array.from({ length: 5 }, () => backend.makeOutput([1 << 27], "float32"));
      const probe = tensor([1 << 20], 1);
      assert.ok(backend.getMemoryOffset(probe.dataId) > 2 ** 31);
      probe.dispose();
      const high = await on("wasm", work);
      for (const filler of fillers) backend.disposeData(filler.dataId);
      assert.deepEqual(high, low);
    },
  );

  test("disposeWasmBackend() puts the backend of tfjs back", LONG, async () => {
    await registerWasmBackend({ threads: 2 });
    await tf.setBackend("wasm");
    await disposeWasmBackend();
    assert.equal(tf.getKernel("Conv2DBackpropFilter", "wasm"), undefined);
    const [sum] = await on(
      "wasm",
      () =>
        tf.sum(
          tf.conv2d(
            tf.ones<tf.Rank.R4>([1, 4, 4, 1]),
            tf.ones<tf.Rank.R4>([3, 3, 1, 1]),
            1,
            "valid",
          ),
        ),
    );
    assert.equal(sum![0], 36);
    await registerWasmBackend({ threads: 1 });
    assert.ok(tf.getKernel("Conv2DBackpropFilter", "wasm"));
  });

  test(
    "registerWasmBackend() never keeps a process alive, however it ends",
    { timeout: 300_000 },
    async () => {
      const expected = { end: 0, throw: 1, dispose: 0, exit: 3, wait: null };
      for (const [mode, code] of Object.entries(expected)) {
        const result = await runProgram(mode);
        assert.match(result.out, /sum \d+/, mode);
        if (mode === "wait") {
          assert.ok(
            result.code === null || result.code === 130,
            `${result.code}`,
          );
        } else assert.equal(result.code, code, mode);
        assert.ok(!result.hangs, mode);
      }
    },
  );
});
