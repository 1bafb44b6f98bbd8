import type * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeJob, startEngine } from "../../../lib/engine/wasm/engine.ts";
import { ELEMENT_OP, JOB_NUMBERS, type JobWords } from "../../../lib/engine/wasm/jobs.ts";
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

describe("WASM engine", () => {
  it("startEngine works on one thread where memory cannot be shared", LONG, async () => {
    const engine = await startEngine({ threads: 4, relaxed: false, shared: false });
    assert.equal(engine.sharedMemory, false);
    assert.equal(engine.pool.threads, 1);
    const x = values(1000, 1);
    assert.deepEqual(leaky(engine, put(engine, x)), x.map((v) => v < 0 ? v / 2 : v));
    await engine.pool.stop();
  });

  it("a trap in any thread becomes an error, and the threads work on", LONG, async () => {
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
  });

  it("jobs follow each other without losing or repeating a chunk", LONG, async () => {
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

describe("encodeJob", () => {
  const pad: JobWords<"pad"> = {
    ...{ x: 64, out: 128, height: 3, width: 4, channels: 5, top: 1, left: -1 },
    ...{ outHeight: 5, outWidth: 6 },
  };

  it("encodeJob writes words in the order of the table, whatever that of the object", () => {
    const expected = [64, 128, 3, 4, 5, 1, -1, 5, 6];
    assert.deepEqual(encodeJob("pad", pad, 0), expected);
    const reversed = Object.fromEntries(Object.entries(pad).reverse()) as typeof pad;
    assert.deepEqual(encodeJob("pad", reversed, 0), expected);
  });

  it("encodeJob writes floats by their bits and lists behind the block", () => {
    const sum = encodeJob("sumLosses", { losses: 8, out: 16, count: 3, scale: 0.5 }, 0);
    assert.deepEqual(sum, [8, 16, 3, 0x3f000000]);
    const parts = [1, 2].map((tap) => ({ tap, row: 10 * tap, position: 100 * tap }));
    const words = {
      ...{ filter: 1, u: 2, channels: 3, columns: 4, panels: 5, scheme: 6, domain: 7 },
      ...{ rowStep: 8, columnStep: 9, uRows: 10, parts },
    };
    const block = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 4096 + 4 * 12, 2];
    assert.deepEqual(encodeJob("winogradFilter", words, 4096), [
      ...block,
      ...[1, 10, 100, 2, 20, 200],
    ]);
  });

  it("encodeJob is given every word: the compiler refuses a block without one", () => {
    const { outWidth: _, ...rest } = pad;
    // @ts-expect-error -- outWidth is missing
    assert.equal(encodeJob("pad", rest, 0).length, 9);
    assert.equal(Object.keys(JOB_NUMBERS).length, 39);
  });
});
