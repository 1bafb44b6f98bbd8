import type * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startEngine } from "../../../lib/engine/wasm/_engine.ts";
import { JOB, type Job } from "../../../lib/engine/wasm/_jobs.ts";
import { winogradConv, winogradFilterGrad } from "../../../lib/engine/wasm/_winograd.ts";
import { values } from "./_compare.ts";

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
  engine.write([0, count, 64, engine.at(x), engine.at(out), 0, 0, { float: 0.5 }]);
  engine.run(JOB.element, Math.ceil(count / 64), 1e9);
  return get(engine, out);
}

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 60_000 };

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
    const unknown = 999 as Job;
    for (let i = 0; i < 5; i++) {
      assert.throws(
        () => engine.run(unknown, 40, 1e9),
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

  for (const m of [2, 4] as const) {
    it(`Winograd F(${m}x${m}, 3x3) errs less than 1e-5 against float64`, LONG, async () => {
      const engine = await startEngine({ threads: 2, relaxed: false });
      for (const [h, w, c, n] of [[9, 11, 32, 36], [6, 7, 512, 64], [4, 5, 12, 8]] as const) {
        const x = values(h * w * c, 1);
        const filter = values(9 * c * n, 2);
        const dy = values(h * w * n, 3);
        const out = [x.length / c * n, x.length, filter.length]
          .map((size) => put(engine, new Float32Array(size)));
        const [y, dx, dw] = out.map((info) => engine.at(info)) as [number, number, number];
        const at = [x, filter, dy].map((data) => engine.at(put(engine, data)));
        const [xAt, filterAt, dyAt] = at as [number, number, number];
        const map = { m, batch: 1, h, w, oh: h, ow: w, top: 1, left: 1 };
        const plain = { bias: 0, activation: 0, alpha: 0 } as const;
        winogradConv(engine, {
          ...map,
          ...plain,
          c,
          n,
          x: xAt,
          out: y,
          filter: filterAt,
          transposed: false,
        });
        winogradConv(engine, {
          ...map,
          ...plain,
          c: n,
          n: c,
          x: dyAt,
          out: dx,
          filter: filterAt,
          transposed: true,
        });
        winogradFilterGrad(engine, { ...map, c, n, x: xAt, dy: dyAt, out: dw });
        const expected = reference({ h, w, c, n, x, filter, dy });
        out.forEach((info, i) => {
          const error = errorOf(get(engine, info), expected[i]!);
          assert.ok(error < 1e-5, `${[h, w, c, n]} output ${i}: ${error}`);
        });
      }
      await engine.pool.stop();
    });
  }
});

function errorOf(actual: Float32Array, expected: Float64Array): number {
  const scale = expected.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  return expected.reduce((a, v, i) => Math.max(a, Math.abs(v - actual[i]!)), 0) / scale;
}

/** y, dx and dw of a 3x3 convolution with padding 1, in float64. */
function reference(
  o: {
    h: number;
    w: number;
    c: number;
    n: number;
    x: Float32Array;
    filter: Float32Array;
    dy: Float32Array;
  },
): [Float64Array, Float64Array, Float64Array] {
  const { h, w, c, n, x, filter, dy } = o;
  const y = new Float64Array(h * w * n);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(filter.length);
  for (let i = 0; i < h * w * 9; i++) {
    const tap = i % 9;
    const pixel = (i - tap) / 9;
    const iy = Math.floor(pixel / w) + Math.floor(tap / 3) - 1;
    const ix = pixel % w + tap % 3 - 1;
    if (iy < 0 || ix < 0 || iy >= h || ix >= w) continue;
    for (let k = 0; k < c; k++) {
      const from = (iy * w + ix) * c + k;
      const row = (tap * c + k) * n;
      for (let j = 0; j < n; j++) {
        y[pixel * n + j]! += x[from]! * filter[row + j]!;
        dx[from]! += dy[pixel * n + j]! * filter[row + j]!;
        dw[row + j]! += x[from]! * dy[pixel * n + j]!;
      }
    }
  }
  return [y, dx, dw];
}
