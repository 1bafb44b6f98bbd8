import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Engine, startEngine } from "../../../../lib/engine/wasm/engine.ts";
import { winogradConv, winogradFilterGrad } from "../../../../lib/engine/wasm/kernels/winograd.ts";
import {
  type TileSize,
  winogradBackward,
  winogradForward,
  winogradTiles,
} from "../../../../lib/engine/wasm/kernels/winograd_shape.ts";
import { values } from "../../../support/wasm_compare.ts";

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };
const LINEAR = { bias: 0, activation: 0, alpha: 0 } as const;

/** A convolution: 3x3 with stride 1 or 4x4 with stride 2. */
interface Shape {
  batch: number;
  h: number;
  w: number;
  c: number;
  n: number;
  pad: "same" | "valid";
}

const shapes = fc.record<Shape>({
  batch: fc.integer({ min: 1, max: 5 }),
  h: fc.integer({ min: 1, max: 17 }),
  w: fc.integer({ min: 1, max: 17 }),
  c: fc.integer({ min: 4, max: 70 }),
  n: fc.integer({ min: 4, max: 70 }),
  pad: fc.constantFrom("same", "valid"),
});

for (const relaxed of [false, true]) {
  describe(`tf.conv2d() by Winograd, ${relaxed ? "relaxed" : "plain"} build`, () => {
    let engine: Engine;
    before(async () => engine = await startEngine({ threads: 2, relaxed }));
    after(() => engine.pool.stop());

    for (const [taps, m] of [[3, 2], [3, 4], [4, 3], [4, 4]] as const) {
      const name = taps === 3 ? `F(${m}x${m}, 3x3)` : `F(${m}x${m}, 2x2) of stride 2`;
      test(`winogradConv() ${name} errs less than 1e-5 against float64`, LONG, () => {
        const check = (shape: Shape): void => {
          if (shape.pad === "valid" && Math.min(shape.h, shape.w) < taps) return;
          for (const [part, error] of Object.entries(errors(engine, { shape, taps, m }))) {
            assert.ok(error < 1e-5, `${part} of ${JSON.stringify(shape)}: ${error}`);
          }
        };
        check({ batch: 1, h: 12, w: 14, c: 500, n: 64, pad: "same" });
        check({ batch: 2, h: 30, w: 32, c: 21, n: 21, pad: "same" });
        fc.assert(fc.property(shapes, check), { numRuns: 40, seed: 5 });
      });
    }
  });
}

/** Errors of y, dx and dw relative to the largest value; a part that is not covered is left out. */
function errors(
  engine: Engine,
  { shape, taps, m }: { shape: Shape; taps: 3 | 4; m: TileSize },
): Record<string, number> {
  const { batch, h, w, c, n, pad } = shape;
  const stride = taps - 2;
  const info = tf.backend_util.computeConv2DInfo(
    [batch, h, w, c],
    [taps, taps, c, n],
    stride,
    1,
    pad,
  );
  const x = values(batch * h * w * c, 1);
  const filter = values(taps * taps * c * n, 2);
  const dy = values(batch * info.outHeight * info.outWidth * n, 3);
  const expected = reference(info, { x, filter, dy });
  const { backend } = engine;
  const infos: tf.TensorInfo[] = [];
  const put = (data: Float32Array): tf.TensorInfo => {
    const tensor = backend.makeOutput([data.length], "float32");
    infos.push(tensor);
    new Float32Array(backend.wasm.HEAPU8.buffer).set(data, engine.at(tensor) / 4);
    return tensor;
  };
  const weights = put(filter);
  const operands = { x: engine.at(put(x)), dy: engine.at(put(dy)) };
  const results: Record<string, number> = {};
  const run = (part: "y" | "dx" | "dw", body: (out: number) => void): void => {
    body(engine.at(put(new Float32Array(expected[part].length).fill(NaN))));
    const actual = backend.readSync(infos.at(-1)!.dataId) as Float32Array;
    results[part] = errorOf(actual, expected[part]);
  };
  const forward = winogradTiles(winogradForward(info)!, m);
  const back = winogradTiles(winogradBackward(info)!, m);
  if (fillsVectors(n)) {
    const conv = { ...LINEAR, ...operands, filter: weights, transposed: false };
    run("y", (out) => winogradConv(engine, { g: forward, ...conv, out }));
    if (forward.k >= 6) {
      run("dw", (out) => winogradFilterGrad(engine, { g: forward, ...operands, out }));
    }
  }
  if (fillsVectors(c)) {
    const conv = { ...LINEAR, x: operands.dy, filter: weights, transposed: true };
    run("dx", (out) => winogradConv(engine, { g: back, ...conv, out }));
  }
  for (const tensor of infos) backend.disposeData(tensor.dataId);
  return results;
}

/** Whether the last panel of 16 columns holds a whole vector, as the transforms want it. */
function fillsVectors(columns: number): boolean {
  return columns % 16 === 0 || columns % 16 > 3;
}

function errorOf(actual: Float32Array, expected: Float64Array): number {
  const scale = expected.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-3);
  let worst = 0;
  for (const [i, v] of expected.entries()) {
    const difference = Math.abs(v - actual[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst / scale;
}

/** y, dx and dw of a convolution in float64. */
function reference(
  info: tf.backend_util.Conv2DInfo,
  { x, filter, dy }: Record<"x" | "filter" | "dy", Float32Array>,
): Record<"y" | "dx" | "dw", Float64Array> {
  const { batchSize, inHeight: h, inWidth: w, inChannels: c, outChannels: n } = info;
  const { outHeight: oh, outWidth: ow, filterWidth: taps, strideHeight: stride } = info;
  const out = {
    y: new Float64Array(dy.length),
    dx: new Float64Array(x.length),
    dw: new Float64Array(filter.length),
  };
  for (let pixel = 0; pixel < batchSize * oh * ow; pixel++) {
    const [b, oy, ox] = [Math.floor(pixel / oh / ow), Math.floor(pixel / ow) % oh, pixel % ow];
    for (let tap = 0; tap < taps * taps; tap++) {
      const iy = oy * stride + Math.floor(tap / taps) - info.padInfo.top;
      const ix = ox * stride + tap % taps - info.padInfo.left;
      if (iy < 0 || ix < 0 || iy >= h || ix >= w) continue;
      for (let k = 0; k < c; k++) {
        const from = ((b * h + iy) * w + ix) * c + k;
        const row = (tap * c + k) * n;
        for (let j = 0; j < n; j++) {
          out.y[pixel * n + j]! += x[from]! * filter[row + j]!;
          out.dx[from]! += dy[pixel * n + j]! * filter[row + j]!;
          out.dw[row + j]! += x[from]! * dy[pixel * n + j]!;
        }
      }
    }
  }
  return out;
}
