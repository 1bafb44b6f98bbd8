import type * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startEngine } from "../../../lib/engine/wasm/engine.ts";
import { ELEMENT_OP } from "../../../lib/engine/wasm/jobs.ts";
import { values } from "../../support/wasm_compare.ts";

type Engine = Awaited<ReturnType<typeof startEngine>>;

/** A vector of the engine with these values. */
function put(engine: Engine, data: Float32Array): tf.TensorInfo {
  const info = engine.backend.makeOutput([data.length], "float32");
  new Float32Array(engine.backend.wasm.HEAPU8.buffer).set(data, engine.at(info) / 4);
  return info;
}

/** Its values. */
function get(engine: Engine, info: tf.TensorInfo): Float32Array {
  return engine.backend.readSync(info.dataId) as Float32Array;
}

/** x -> leaky ReLU of x, as many chunks as there are. */
function leaky(engine: Engine, x: tf.TensorInfo): Float32Array {
  const count = x.shape[0]!;
  const out = engine.backend.makeOutput([count], "float32");
  const unused = {
    lr: 0,
    momentum: 0,
    l2: 0,
    beta1: 0,
    beta2: 0,
    eps: 0,
    nesterov: 0,
    decoupled: 0,
  };
  engine.run("elementwise", {
    ...unused,
    ...{ op: ELEMENT_OP.leakyRelu, count, perChunk: 64, alpha: 0.5 },
    ...{ correction1: 0, correction2: 0, rate: 0 },
    ...{ a: engine.at(x), b: engine.at(out), c: 0, d: 0 },
  }, { chunks: Math.ceil(count / 64), flops: 1e9 });
  return get(engine, out);
}

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

describe("startEngine()", () => {
  test("startEngine() works on one thread where memory cannot be shared", LONG, async () => {
    const engine = await startEngine({ threads: 4, relaxed: false, shared: false });
    assert.equal(engine.sharedMemory, false);
    assert.equal(engine.pool.threads, 1);
    const x = values(1000, 1);
    assert.deepEqual(leaky(engine, put(engine, x)), x.map((v) => v < 0 ? v / 2 : v));
    await engine.pool.stop();
  });

  test(
    "Engine.run() makes an error of a trap in any thread, and the threads work on",
    LONG,
    async () => {
      const engine = await startEngine({ threads: 3, relaxed: false });
      for (let i = 0; i < 5; i++) {
        assert.throws(
          () => engine.pool.run(999, 0, 40),
          /WASM kernel 999 failed in one of 40 chunks/,
        );
        const x = values(5000, i);
        assert.deepEqual(leaky(engine, put(engine, x)), x.map((v) => v < 0 ? v / 2 : v));
      }
      await engine.pool.stop();
    },
  );

  test("Engine.run() neither loses nor repeats a chunk over many jobs", LONG, async () => {
    const engine = await startEngine({ threads: 4, relaxed: false });
    const x = values(64 * 300, 1);
    const input = put(engine, x);
    const expected = x.map((v) => v < 0 ? v / 2 : v);
    for (let i = 0; i < 300; i++) {
      const out = leaky(engine, input);
      if (i % 50 === 0) assert.deepEqual(out, expected);
    }
    await engine.pool.stop();
  });
});
