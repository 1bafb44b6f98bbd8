import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { before, describe, test } from "node:test";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import { exportOnnx, type OnnxOptions } from "../../../lib/export/onnx/export_onnx.ts";
import { predict } from "../../../lib/models/inference/predict.ts";
import { NonFiniteNetworkError } from "../../../lib/models/non_finite.ts";
import { networks } from "../../../lib/models/networks/registry.ts";
import type { SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import { longSkip } from "../../support/long_test.ts";
import { type OnnxInput, runOnnx } from "../../support/onnx/run_onnx.ts";
import { disturb, smallModel } from "../../support/small_models.ts";

const CLASSES = [0, 1, 2].map((i) => ({
  name: `it's ${i}`,
  color: [i, 0, 0] as [number, number, number],
}));
const NORMALIZE: NormalizeConfig = { order: "bgr", mean: [100, 110, 120], std: [50, 60, 70] };
const METADATA = { classes: CLASSES, normalize: NORMALIZE };

/** Largest difference relative to the largest value. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let most = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  assert.ok(Number.isFinite(most) && largest > 1e-3);
  return most / largest;
}

/** `[b, h, w, c]` as `[b, c, h, w]`. */
async function nchw(x: tf.Tensor4D): Promise<Float32Array> {
  const turned = tf.transpose(x, [0, 3, 1, 2]);
  return await turned.data() as Float32Array;
}

async function asInput(x: tf.Tensor4D): Promise<OnnxInput> {
  const [b, h, w, c] = x.shape;
  return { name: "input", dims: [b, c, h, w], data: [...await nchw(x)] };
}

function sizes({ inputMultiple: m }: SegmentationModel): [number, number][] {
  const least = Math.max(1, Math.ceil(32 / m));
  return [[least * m, least * m], [least * m, 2 * least * m], [3 * m, least * m]]
    .filter(([h]) => h! >= 32) as [number, number][];
}

describe("exportOnnx()", () => {
  before(() => useBackend({ backend: "wasm", threads: 1 }));

  for (const name of networks.names) {
    test(
      `exportOnnx() writes ${name} with its logits in ONNX Runtime`,
      { skip: longSkip },
      async () => {
        const model = smallModel(name);
        disturb(model.layers);
        const bytes = await exportOnnx(model, METADATA);
        const inputs = sizes(model).map(([height, width]) =>
          tf.randomNormal([2, height, width, 3], 0, 1, "float32", 5) as tf.Tensor4D
        );
        const outputs = await runOnnx(bytes, await Promise.all(inputs.map(asInput)));
        for (const [i, x] of inputs.entries()) {
          const ours = await nchw(model.layers.predict(x) as tf.Tensor4D);
          const worst = difference(outputs[i]!.data, ours);
          assert.ok(worst < 1e-4, `${x.shape}: ${worst}`);
        }
        model.layers.dispose();
      },
    );
  }

  for (const name of ["fcn8s-vgg16", "resnet50", "unet-resnet18"]) {
    test(`exportOnnx() writes ${name} for pictures of any size`, { skip: longSkip }, async () => {
      const model = smallModel(name);
      disturb(model.layers);
      for (const [height, width] of [[45, 70], [64, 33]] as const) {
        const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 7919) % 256);
        const image = { width, height, data: pixels };
        const { data: map } = await predict(model, image, METADATA);
        const data = [...pixels];
        const dims = [1, height, width, 3];
        const bytes = await exportOnnx(model, {
          ...METADATA,
          preprocess: true,
          argmax: true,
          layout: "nhwc",
        });
        const [classes] = await runOnnx(bytes, [{ name: "image", dims, data }]);
        assert.deepEqual(classes!.dims, [1, height, width]);
        const differing = classes!.data.filter((value, i) => value !== map[i]).length;
        assert.ok(differing <= map.length / 1000, `${differing} of ${map.length} pixels differ`);
      }
      model.layers.dispose();
    });
  }

  test("exportOnnx() refuses classes that are not the network's, argmax alone, and 2 GiB", async () => {
    const model = smallModel("unet");
    await assert.rejects(exportOnnx(model, { ...METADATA, argmax: true }), /preprocess/);
    await assert.rejects(exportOnnx(model, { ...METADATA, classes: [] }), /3 classes, and 0 are/);
    const weights = [{ shape: [2 ** 15, 2 ** 15], originalName: "huge" }];
    const huge = { ...model, layers: { weights } as unknown as tf.LayersModel };
    await assert.rejects(exportOnnx(huge, METADATA), /"unet".* 4\.3 GB.*ends at 2\.1 GB/);
    model.layers.dispose();
  });

  test("exportOnnx() leaves out the weights of an auxiliary head", async () => {
    const options = { auxHead: true } as object;
    const [plain, withHead] = [smallModel("fcn-resnet18"), smallModel("fcn-resnet18", options)];
    const [without, given] = [
      await exportOnnx(plain, METADATA),
      await exportOnnx(withHead, METADATA),
    ];
    assert.ok(withHead.layers.weights.length > plain.layers.weights.length);
    // Only the record of the option is longer
    assert.ok(Math.abs(given.length - without.length) < 100, `${given.length}, ${without.length}`);
    for (const { layers } of [plain, withHead]) layers.dispose();
  });

  test("exportOnnx() stores kernels as half or int8 and folds batch norms", async () => {
    const model = smallModel("unet", { width: 1 / 4 });
    const size = async (options: Partial<OnnxOptions>) =>
      (await exportOnnx(model, { ...METADATA, ...options })).length;
    const whole = await size({});
    const [half, bytes] = [await size({ storage: "float16" }), await size({ storage: "int8" })];
    assert.ok(half < 0.53 * whole && bytes < 0.28 * whole, `${half} and ${bytes} of ${whole}`);
    const folded = await exportOnnx(model, { ...METADATA, foldBatchNorm: true });
    assert.doesNotMatch(Buffer.from(folded).toString("latin1"), /BatchNormalization/);
    model.layers.dispose();
  });

  for (const name of ["resnet50", "lraspp-mobilenetv3-large", "segformer-b0"]) {
    test(
      `exportOnnx() writes ${name} folded and in fewer bits`,
      { skip: longSkip },
      async () => {
        const model = smallModel(name);
        disturb(model.layers);
        const x = tf.randomNormal([2, 64, 96, 3], 0, 1, "float32", 5) as tf.Tensor4D;
        const ours = await nchw(model.layers.predict(x) as tf.Tensor4D);
        for (
          const [options, tolerance] of [
            [{ foldBatchNorm: true }, 1e-5],
            [{ storage: "float16" }, 2e-3],
            [{ storage: "int8", foldBatchNorm: true }, 5e-2],
          ] as const
        ) {
          const bytes = await exportOnnx(model, { ...METADATA, ...options });
          const [output] = await runOnnx(bytes, [await asInput(x)]);
          const worst = difference(output!.data, ours);
          assert.ok(worst < tolerance, `${JSON.stringify(options)}: ${worst}`);
        }
        model.layers.dispose();
      },
    );
  }

  test("exportOnnx() writes no weight that is NaN", async () => {
    const model = smallModel("unet");
    const [first] = model.layers.weights;
    first!.write(tf.fill(first!.shape as number[], NaN));
    await assert.rejects(exportOnnx(model, METADATA), NonFiniteNetworkError);
  });
});
