import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { WebGpuContext } from "../../../lib/engine/webgpu/context.ts";
import { measureTiles, productClass, tunedTiles } from "../../../lib/engine/webgpu/tile_tuner.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { withUserCache } from "../../support/user_cache.ts";

const temporaryFolder = temporaryFolders();

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

test("productClass() is the nearest measured size, and none where one tile alone fits", () => {
  assert.equal(productClass(300_000, 64), "65536/64");
  assert.equal(productClass(43264, 500), "65536/512");
  assert.equal(productClass(33, 1000), "256/512");
  assert.equal(productClass(1e6, 21), null);
  assert.equal(productClass(27, 64), null);
});

test("tunedTiles() measures nothing without timestamp queries", async () => {
  const training = { features: ["shader-f16"] };
  assert.deepEqual(await tunedTiles({ training } as unknown as WebGpuContext), {});
});

test("tunedTiles() returns the cached table of the adapter, unless it is damaged or old", async () => {
  const folder = temporaryFolder();
  const context = {
    training: {
      name: "card",
      info: { vendor: "v", architecture: "a" },
      features: ["timestamp-query"],
      get software(): boolean {
        throw new RangeError("measures");
      },
    },
  } as unknown as WebGpuContext;
  await withUserCache(folder, async () => {
    const cache = async (version: number, tile: string) => {
      const adapters = { "card, v, a": { "256/64": tile } };
      const path = join(folder, "segadv", "webgpu_tiles.json");
      await mkdir(join(folder, "segadv"), { recursive: true });
      await writeFile(path, JSON.stringify({ version, adapters }));
    };
    await cache(1, "128x32");
    assert.deepEqual(await tunedTiles(context), { "256/64": "128x32" });
    await cache(1, "7x7");
    await assert.rejects(tunedTiles(context), /measures/);
    await cache(0, "128x32");
    await assert.rejects(tunedTiles(context), /measures/);
  });
});

describe("measureTiles()", { skip }, () => {
  test("measureTiles() times products by timestamp queries", async (t) => {
    const backend = await engine!.registerWebgpuBackend();
    if (!backend.training.features.includes("timestamp-query")) {
      return t.skip("the adapter has no timestamp-query");
    }
    const table = await measureTiles(backend, [{ m: 256, n: 128, k: 32 }]);
    for (const [key, tile] of Object.entries(table)) {
      assert.equal(key, "256/128");
      backend.tiles = table;
      assert.equal(backend.tileFor(250, 130), tile);
    }
    assert.equal(backend.buffers.numBytesUsed, 0);
    await backend.training.errors.check();
    engine!.disposeWebgpuBackend();
  });
});
