import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type ResizingLayers,
  resizingShape,
  resizingTfjs,
  resizingTraining,
} from "../../../lib/models/builders/resizing.ts";
import { ShapeTable } from "../../../lib/models/builders/shape_table.ts";
import { normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";

type Layer = <T>(layers: ResizingLayers<T>, x: T, like: T) => T;

const CASES: Record<string, Layer> = {
  "upsample ×2": (layers, x) => layers.upsample(x, { name: "a", factor: 2 }),
  "upsample ×3": (layers, x) => layers.upsample(x, { name: "a", factor: 3 }),
  "upsample ×4": (layers, x) => layers.upsample(x, { name: "a", factor: 4 }),
  "upsample ×1": (layers, x) => layers.upsample(x, { name: "a", factor: 1 }),
  "upsampleAligned ×4": (layers, x) => layers.upsampleAligned(x, { name: "a", factor: 4 }),
  "resizeTo": (layers, x, like) => layers.resizeTo(x, { name: "a", like }),
  "resizeTo, corners aligned": (layers, x, like) =>
    layers.resizeTo(x, { name: "a", like, alignCorners: true }),
  "resizeNearest ×2": (layers, x) => layers.resizeNearest(x, { name: "a", factor: 2 }),
  "concat": (layers, x) => layers.concat([x, x], { name: "a" }),
};

const [HEIGHT, WIDTH] = [3, 4];

describe("resizingTfjs(), resizingTraining() and resizingShape()", () => {
  onCpu();

  for (const [title, build] of Object.entries(CASES)) {
    test(`resizingTraining() and the others agree on ${title}`, async () => {
      const x = normalTensor("x", [2, HEIGHT, WIDTH, 5]);
      const like = normalTensor("like", [2, 2 * HEIGHT, 3 * WIDTH, 1]);
      const input = tf.input({ shape: [HEIGHT, WIDTH, 5] });
      const other = tf.input({ shape: [2 * HEIGHT, 3 * WIDTH, 1] });
      const run = (layers: ResizingLayers<tf.SymbolicTensor>): tf.Tensor => {
        const outputs = build(layers, input, other);
        const model = tf.model({ inputs: [input, other], outputs });
        return model.predict([x, like]) as tf.Tensor;
      };
      const exported = run(resizingTfjs());
      const trained = run({ ...resizingTfjs(), ...resizingTraining() });
      assert.ok(await difference(exported, trained) < 1e-5);
      const table = new ShapeTable({ height: HEIGHT, width: WIDTH });
      const shape = build(
        resizingShape(table),
        { height: HEIGHT, width: WIDTH, channels: 5 },
        { height: 2 * HEIGHT, width: 3 * WIDTH, channels: 1 },
      );
      assert.deepEqual([2, shape.height, shape.width, shape.channels], exported.shape);
      assert.equal(table.rows.length, 1);
    });
  }

  test("resizingTraining() and resizingTfjs() agree on broadcastTo, of any input size", async () => {
    const x = normalTensor("x", [2, 1, 1, 5]);
    const like = normalTensor("like", [2, 3, 4, 7]);
    const run = ({ broadcastTo }: Pick<ResizingLayers<tf.SymbolicTensor>, "broadcastTo">) => {
      const [pixel, other] = [1, null].map((side, i) =>
        tf.input({ shape: [side, side, 5 + 2 * i] })
      );
      const outputs = broadcastTo(pixel!, { name: "a", like: other! });
      return tf.model({ inputs: [pixel!, other!], outputs }).predict([x, like]) as tf.Tensor;
    };
    const exported = run(resizingTfjs());
    assert.deepEqual(exported.shape, [2, 3, 4, 5]);
    assert.equal(await difference(exported, run(resizingTraining())), 0);
    assert.equal(await difference(exported, tf.broadcastTo(x, [2, 3, 4, 5])), 0);
  });

  test("resizingTfjs() refuses what needs one input size where there is none", () => {
    const x = tf.input({ shape: [null, null, 3] });
    const message = /^RangeError: Cannot build up with tfjs layers for any input size: give/;
    const layers = resizingTfjs();
    assert.throws(() => layers.upsampleAligned(x, { name: "up", factor: 2 }), message);
    assert.throws(() => layers.resizeTo(x, { name: "up", like: x }), message);
  });

  test("resizingShape() and the others refuse a factor that is no whole number", () => {
    const table = new ShapeTable({ height: 4, width: 4 });
    const x = { height: 4, width: 4, channels: 1 };
    for (const factor of [0, 1.5]) {
      const options = { name: "up", factor };
      assert.throws(() => resizingShape(table).upsample(x, options), /in up: must be a whole/);
    }
  });
});
