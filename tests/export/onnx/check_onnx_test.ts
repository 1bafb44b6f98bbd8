import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { checkOnnx, type RunOnnx } from "../../../lib/export/onnx/check_onnx.ts";
import { exportOnnx } from "../../../lib/export/onnx/export_onnx.ts";
import { longSkip } from "../../support/long_test.ts";
import { runOnnx } from "../../support/onnx/run_onnx.ts";
import { disturb, smallModel } from "../../support/small_models.ts";

const METADATA = {
  classes: [0, 1, 2].map((i) => ({ name: `c${i}`, color: [i, 0, 0] as [number, number, number] })),
  normalize: {
    order: "rgb" as const,
    mean: [100, 110, 120] as [number, number, number],
    std: [50, 60, 70] as [number, number, number],
  },
};

const run: RunOnnx = async (model, { name, dims, data }) => {
  const [output] = await runOnnx(model, [{ name, dims, data: [...data] }]);
  return output!.data;
};

describe("checkOnnx()", () => {
  before(() => useBackend({ backend: "wasm", threads: 1 }));

  for (const layout of ["nchw", "nhwc"] as const) {
    test(
      `checkOnnx() finds a sound model in ${layout} right, and one of other weights wrong`,
      { skip: longSkip },
      async () => {
        const [model, other] = [smallModel("unet"), smallModel("unet", { seed: 2 })];
        disturb(model.layers);
        for (const ends of [{}, { preprocess: true }, { preprocess: true, argmax: true }]) {
          const options = { ...METADATA, ...ends, layout };
          const checked = { ...options, size: null, run };
          const sound = await checkOnnx(await exportOnnx(model, options), model, checked);
          const wrong = await checkOnnx(await exportOnnx(other, options), model, checked);
          if (sound.kind === "logits" && wrong.kind === "logits") {
            assert.ok(sound.largest > 0 && sound.most < 1e-4 * sound.largest, `${sound.most}`);
            assert.ok(wrong.most > 0.1 * wrong.largest, `${wrong.most}`);
          } else if (sound.kind === "classes" && wrong.kind === "classes") {
            assert.ok(sound.differing <= sound.pixels / 500, `${sound.differing}`);
            assert.ok(wrong.differing > wrong.pixels / 50, `${wrong.differing}`);
          }
        }
        for (const { layers } of [model, other]) layers.dispose();
      },
    );
  }
});
