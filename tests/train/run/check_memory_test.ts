import assert from "node:assert/strict";
import { test } from "node:test";
import { networks } from "../../../lib/models/networks/registry.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import type { BackendInfo } from "../../../lib/backend/use_backend.ts";
import {
  checkCheckpointing,
  checkDeviceLimits,
  checkDiskSpace,
} from "../../../lib/train/run/check_memory.ts";

function backend(largestTensorBytes: number | null): BackendInfo {
  return {
    name: "webgpu",
    device: "a small adapter",
    software: false,
    warning: null,
    build: "test",
    largestTensorBytes,
    memoryBytes: null,
    checkErrors() {},
    peakBytes: () => 0,
    dispose: () => Promise.resolve(),
  };
}

test("checkDeviceLimits() names the largest tensor of the thesis' FCN-8s, its size and the limit", async () => {
  const config = await loadConfig({ preset: "thesis-fcn8s-voc", overrides: ["data.dir=/data"] });
  // The 64 channels of conv1 at 416×416, batch 16: 709 MB.
  assert.throws(
    () => checkDeviceLimits(config, { classes: 21, backend: backend(128 * 2 ** 20) }),
    /a small adapter.*676\.0 MiB.*128\.0 MiB.*data\.batch|block1_conv1.*a small adapter.*676\.0 MiB/,
  );
  checkDeviceLimits(config, { classes: 21, backend: backend(2 ** 31 - 4) });
  checkDeviceLimits(config, { classes: 21, backend: backend(null) });
});

test("checkDeviceLimits() counts the discriminator too, if there is one", async () => {
  const config = await loadConfig({ preset: "fixtures" });
  config.adversarial.discriminator.width = 8;
  const limit = { classes: 5, backend: backend(8 * 2 ** 20) };
  assert.throws(() => checkDeviceLimits(config, limit), RangeError);
  config.adversarial.enabled = false;
  checkDeviceLimits(config, limit);
});

test("checkDiskSpace() refuses a run that the disk cannot hold", async () => {
  await assert.rejects(checkDiskSpace("/tmp", 1e15), /needs .* MiB and .* MiB are free/);
  await checkDiskSpace("/tmp", 10);
});

test("checkCheckpointing() refuses every network without stages, in one line", async () => {
  const config = await loadConfig({
    preset: "fixtures",
    overrides: ["train.gradientCheckpointing=true"],
  });
  for (const { name, stages } of networks) {
    config.model.name = name;
    if (stages.length > 0) checkCheckpointing(config);
    else {
      assert.throws(
        () => checkCheckpointing(config),
        /^RangeError: Cannot train \S+ with .* set it to false .* or take one of fcn8s-vgg16, .*resnet152$/,
      );
    }
  }
  checkCheckpointing(config, { name: "own", stages: ["a"] });
  assert.throws(() => checkCheckpointing(config, { name: "own" }), /own .* pass stages to/);
});
