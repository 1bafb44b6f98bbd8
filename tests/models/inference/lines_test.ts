import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { type LineOrder, meanLines, windowLines } from "../../../lib/models/inference/lines.ts";
import { predict } from "../../../lib/models/inference/predict.ts";
import { placeWindows } from "../../../lib/models/inference/windows.ts";
import type { SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import { resizePlanes } from "../../../lib/data/transforms/resize.ts";
import type { Size } from "../../../lib/util/schema.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { disturb, onCpu, smallModel } from "../../support/small_models.ts";

/** A network that says the same of a pixel in every window: its colour, as logits. */
function pixelModel(filters = 3): SegmentationModel {
  const options = { inputShape: [null, null, 3], filters, kernelSize: 1 };
  const layers = [tf.layers.conv2d(options)];
  return fromLayersModel(tf.sequential({ layers }), { inputMultiple: 1 });
}

/** A network of 32x32 pixels whose logits are a pixel's colour plus the mean colour around it. */
function surroundingsModel(): SegmentationModel {
  const inputs = tf.input({ shape: [32, 32, 3] });
  const mean = tf.layers.averagePooling2d({ poolSize: 32 }).apply(inputs) as tf.SymbolicTensor;
  const all = tf.layers.upSampling2d({ size: [32, 32] }).apply(mean) as tf.SymbolicTensor;
  const outputs = tf.layers.add().apply([inputs, all]) as tf.SymbolicTensor;
  return fromLayersModel(tf.model({ inputs, outputs }), { inputMultiple: 32 });
}

/** Smooth noise: one random value for each square of `grain` pixels, and bilinear in between. */
function clouds(seed: number, { size, grain, gain }: { size: Size; grain: number; gain: number }) {
  const stream = randomStream(seed, "clouds");
  const [height, width] = size.map((side) => side / grain) as Size;
  const data = Float32Array.from({ length: height * width * 3 }, () => gain * stream.normal());
  const image = resizePlanes({ height, width, channels: 3, data }, size);
  return { height: size[0], width: size[1], image };
}

/** All probabilities of an image, by pixel and class, whichever way its lines run. */
async function probabilities(
  model: SegmentationModel,
  image: { height: number; width: number; image: Float32Array },
  options: { window: Size; overlap: number; order?: LineOrder },
): Promise<Float32Array> {
  const { order = { axis: "rows", isDescending: false }, ...rest } = options;
  const lines = windowLines(model, image, { ...rest, order, temperature: 1 });
  const data = new Float32Array(lines.count * lines.length * lines.channels);
  for (let i = 0; i < lines.count; i++) {
    const line = order.isDescending ? lines.count - 1 - i : i;
    const values = await lines.read(line);
    for (let pixel = 0; pixel < lines.length; pixel++) {
      const at = order.axis === "rows" ? line * image.width + pixel : pixel * image.width + line;
      data.set(values.subarray(3 * pixel, 3 * pixel + 3), 3 * at);
    }
  }
  return data;
}

/** Mean change from a pixel to its right neighbour: over the borders of windows, and elsewhere. */
function changes(
  of: (left: number, right: number) => number,
  { size, window, overlap }: { size: Size; window: Size; overlap: number },
): { ratio: number; elsewhere: number } {
  const borders = new Set(
    placeWindows(size, { window, overlap }).flatMap(({ left }) => [left, left + window[1]]),
  );
  const [border, other] = [{ sum: 0, count: 0 }, { sum: 0, count: 0 }];
  for (let y = 0; y < size[0]; y++) {
    for (let x = 1; x < size[1]; x++) {
      const at = y * size[1] + x;
      const total = borders.has(x) ? border : other;
      total.sum += of(at - 1, at);
      total.count++;
    }
  }
  const elsewhere = other.sum / other.count;
  return { ratio: border.sum / border.count / elsewhere, elsewhere };
}

/** Changes at the borders of windows, as multiples of those elsewhere, that a picture may show. */
const MOST_VISIBLE = 1.5;

describe("windowLines()", () => {
  onCpu();

  test("windowLines() fades windows into each other: probabilities step no more at their borders", async () => {
    const model = smallModel("resnet50");
    disturb(model.layers);
    const [size, window, overlap] = [[96, 224], [64, 96], 0.25] as [Size, Size, number];
    const image = clouds(1, { size, grain: 8, gain: 60 });
    const data = await probabilities(model, image, { window, overlap });
    const step = (a: number, b: number): number =>
      [0, 1, 2].reduce((sum, c) => sum + Math.abs(data[3 * a + c]! - data[3 * b + c]!), 0);
    const { ratio, elsewhere } = changes(step, { size, window, overlap });
    assert.ok(elsewhere > 0);
    // Plain means of the windows step 20 times as far there
    assert.ok(ratio < MOST_VISIBLE, `${ratio}`);
  });

  test("windowLines() changes labels at the borders of windows hardly more often than elsewhere", async () => {
    const [size, window] = [[128, 128], [32, 32]] as [Size, Size];
    const model = surroundingsModel();
    const ratios: number[] = [];
    for (let seed = 0; seed < 6; seed++) {
      const image = clouds(seed, { size, grain: 8, gain: 2 });
      const data = await probabilities(model, image, { window, overlap: 0.25 });
      const label = (pixel: number): number => {
        const values = [...data.subarray(3 * pixel, 3 * pixel + 3)];
        return values.indexOf(Math.max(...values));
      };
      const isOther = (a: number, b: number): number => label(a) === label(b) ? 0 : 1;
      ratios.push(changes(isOther, { size, window, overlap: 0.25 }).ratio);
    }
    const mean = ratios.reduce((a, b) => a + b) / ratios.length;
    // 3.8 without overlap, 1.8 with plain means
    assert.ok(mean < MOST_VISIBLE, `${mean}`);
  });

  test("windowLines() is bit-identical by rows and by columns, from either end", async () => {
    const model = surroundingsModel();
    const image = clouds(3, { size: [72, 104], grain: 8, gain: 2 });
    for (const overlap of [0, 0.25, 0.8]) {
      const options = { window: [32, 32] as Size, overlap };
      const rows = await probabilities(model, image, options);
      for (const axis of ["rows", "columns"] as const) {
        for (const isDescending of [false, true]) {
          const order = { axis, isDescending };
          assert.deepEqual(await probabilities(model, image, { ...options, order }), rows);
        }
      }
    }
  });

  test("windowLines() may pass lines over, and computes no window that holds only such", async () => {
    const model = pixelModel();
    const image = clouds(4, { size: [64, 16], grain: 8, gain: 2 });
    const options = { window: [16, 16] as Size, overlap: 0.25, temperature: 1 };
    for (const isDescending of [false, true]) {
      const order = { axis: "rows", isDescending } as const;
      const whole = await probabilities(model, image, { ...options, order });
      let passes = 0;
      const counting = {
        ...model,
        layers: {
          inputs: model.layers.inputs,
          apply(input: tf.Tensor): unknown {
            passes++;
            return model.layers.apply(input);
          },
        } as unknown as tf.LayersModel,
      };
      const lines = windowLines(counting, image, { ...options, order });
      for (const line of isDescending ? [63, 2] : [0, 61]) {
        const values = await lines.read(line);
        assert.deepEqual(values, whole.slice(line * 48, (line + 1) * 48));
      }
      assert.equal(passes, 2);
    }
  });
});

/** Runs something, and tells the longest array of floats and the number of arrays of doubles made. */
async function allocations(
  run: () => Promise<unknown>,
): Promise<{ longest: number; sums: number }> {
  const made = { longest: 0, sums: 0 };
  const own = { Float32Array, Float64Array };
  const counting = <T extends object>(constructor: T, add: (length: number) => void): T =>
    new Proxy(constructor, {
      construct(target, args, newTarget): object {
        const array = Reflect.construct(target as never, args, newTarget) as Float32Array;
        // Not of one that shows the memory of another
        if (!(args[0] instanceof ArrayBuffer)) add(array.length);
        return array;
      },
    });
  globalThis.Float32Array = counting(own.Float32Array, (length) => {
    made.longest = Math.max(made.longest, length);
  });
  globalThis.Float64Array = counting(own.Float64Array, () => void made.sums++);
  try {
    await run();
  } finally {
    Object.assign(globalThis, own);
  }
  return made;
}

describe("predict() of a long image", () => {
  onCpu();

  test("predict() takes no more memory for a long image than for a short one", async () => {
    const classes = 24;
    const model = pixelModel(classes);
    const normalize: NormalizeConfig = { order: "rgb", mean: [0, 0, 0], std: [1, 1, 1] };
    const options = { normalize, window: [16, 16] as Size };
    const images = ([[16, 64], [16, 512], [512, 16]] as const).map(([height, width]) => ({
      height,
      width,
      data: new Uint8Array(height * width * 3),
    }));
    const found = [];
    for (const image of images) found.push(await allocations(() => predict(model, image, options)));
    const [short, ...long] = found;
    for (const { longest, sums } of long) {
      assert.equal(sums, short!.sums);
      // Nothing but the image itself has more values than the map of a window
      assert.equal(longest, Math.max(16 * 512 * 3, 16 * 16 * classes));
    }
  });
});

test("meanLines() averages maps of one size, and gives a single one as it is", async () => {
  const map = (values: number[]) => ({
    count: 1,
    length: values.length,
    channels: 1,
    read: () => Promise.resolve(Float32Array.from(values)),
  });
  assert.deepEqual([...await meanLines([map([1, 2]), map([3, 6])]).read(0)], [2, 4]);
  const only = map([1]);
  assert.equal(meanLines([only]), only);
});
