import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import { normalizationTable, normalizeInto } from "../../../lib/data/transforms/network_input.ts";
import { unpackBatch } from "../../../lib/engine/ops/unpack_batch.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { assertNoLeak } from "../../support/gradients.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const noGpu = await noAdapter();

for (const backend of ["cpu", "wasm", "webgpu"] as const) {
  describe(`unpackBatch() on ${backend}`, { skip: backend === "webgpu" && noGpu }, () => {
    before(async () => {
      await useBackend({ backend, threads: 1 });
    });

    for (const order of ["rgb", "bgr"] as const) {
      test(`unpackBatch() gives the bits of normalizeInto, ${order}`, async () => {
        const normalize: NormalizeConfig = {
          order,
          mean: [123.675, 116.28, 103.53],
          std: [58.395, 57.12, 57.375],
        };
        const table = normalizationTable(normalize);
        for (const shape of [[1, 1, 1], [2, 5, 7], [3, 37, 41]] as [number, number, number][]) {
          const pixels = shape.reduce((a, b) => a * b, 1);
          const stream = randomStream(1, pixels);
          // Not at the start of its buffer, as a batch from a worker may be
          const bytes = new Uint8Array(pixels * 4 + 1).subarray(1).map(() => stream.integer(256));
          const expected = new Float32Array(pixels * 3);
          normalizeInto(bytes.subarray(0, pixels * 3), expected, normalize);
          const { images, labels } = unpackBatch(bytes, { shape, ...table });
          assert.deepEqual([images.shape, images.dtype], [[...shape, 3], "float32"]);
          assert.deepEqual([labels.shape, labels.dtype], [shape, "int32"]);
          assert.deepEqual(await images.data(), expected);
          assert.deepEqual([...await labels.data()], [...bytes.subarray(pixels * 3)]);
          images.dispose();
          labels.dispose();
        }
      });
    }

    test("unpackBatch() leaks nothing", () => {
      const table = normalizationTable({ order: "rgb", mean: [1, 2, 3], std: [1, 1, 1] });
      assertNoLeak(() => {
        const { images, labels } = unpackBatch(new Uint8Array(16), { shape: [1, 2, 2], ...table });
        labels.dispose();
        return images;
      });
    });
  });
}

test("unpackBatch() refuses a batch of another size", () => {
  const table = normalizationTable({ order: "rgb", mean: [1, 2, 3], std: [1, 1, 1] });
  assert.throws(() => unpackBatch(new Uint8Array(16), { shape: [1, 2, 3], ...table }), {
    name: "RangeError",
    message: "Cannot unpack 16 bytes into a batch of [1,2,3]: four bytes a pixel are 24",
  });
});
