import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { exportOnnx } from "../../../lib/export/onnx/export_onnx.ts";
import { predict } from "../../../lib/models/inference/predict.ts";
import { longSkip } from "../../support/long_test.ts";
import { runOnnx } from "../../support/onnx/run_onnx.ts";
import { disturb, smallModel } from "../../support/small_models.ts";

const [width, height] = [40, 33];

for (const channels of [1, 4]) {
  test(
    `exportOnnx() writes a network of ${channels} channels as predict() applies it`,
    { skip: longSkip },
    async () => {
      await useBackend({ backend: "wasm", threads: 1 });
      const model = smallModel("unet", { inputChannels: channels });
      disturb(model.layers);
      const metadata = {
        classes: [0, 1, 2].map((i) => ({
          name: `c${i}`,
          color: [i, 0, 0] as [number, number, number],
        })),
        normalize: {
          order: "rgb" as const,
          mean: new Array(channels).fill(100),
          std: new Array(channels).fill(50),
        },
      };
      const data = Uint8Array.from(
        { length: height * width * channels },
        (_, i) => (i * 7919) % 256,
      );
      const map = await predict(model, { width, height, channels, data }, metadata);
      const options = { preprocess: true, argmax: true, layout: "nhwc" as const };
      const bytes = await exportOnnx(model, { ...metadata, ...options });
      const dims = [1, height, width, channels];
      const [classes] = await runOnnx(bytes, [{ name: "image", dims, data: [...data] }]);
      const differing = classes!.data.filter((value, i) => value !== map.data[i]).length;
      assert.ok(differing <= map.data.length / 500, `${differing} pixels differ`);
      const x = tf.randomNormal([1, 32, 64, channels], 0, 1, "float32", 5) as tf.Tensor4D;
      const input = [...await tf.transpose(x, [0, 3, 1, 2]).data()];
      const [logits] = await runOnnx(await exportOnnx(model, metadata), [
        { name: "input", dims: [1, channels, 32, 64], data: input },
      ]);
      const ours = tf.transpose(model.layers.predict(x) as tf.Tensor4D, [0, 3, 1, 2]);
      const values = await ours.data();
      const most = Math.max(...values.map(Math.abs));
      const worst = Math.max(...values.map((value, i) => Math.abs(value - logits!.data[i]!)));
      assert.ok(worst / most < 1e-4, `${worst} of ${most}`);
      model.layers.dispose();
    },
  );
}
