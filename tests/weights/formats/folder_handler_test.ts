import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { folderHandler } from "../../../lib/weights/formats/folder_handler.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** A dense layer saved in tfjs's own way, its weights in two files. */
async function savedModel(): Promise<{ dir: string; json: Record<string, unknown> }> {
  const dir = temporaryFolder();
  const layer = tf.layers.dense({ name: "d", units: 2, inputShape: [3] });
  const json = {
    modelTopology: tf.sequential({ layers: [layer] }).toJSON(null, false),
    weightsManifest: [
      { paths: ["a.bin"], weights: [{ name: "d/kernel", shape: [3, 2], dtype: "float32" }] },
      { paths: ["b.bin"], weights: [{ name: "d/bias", shape: [2], dtype: "float32" }] },
    ],
  };
  await writeFile(join(dir, "model.json"), JSON.stringify(json));
  await writeFile(join(dir, "a.bin"), new Uint8Array(new Float32Array([1, 2, 3, 4, 5, 6]).buffer));
  await writeFile(join(dir, "b.bin"), new Uint8Array(new Float32Array([7, 8]).buffer));
  return { dir, json };
}

describe("folderHandler()", () => {
  before(() => useBackend({ backend: "cpu" }));

  test("folderHandler() lets tfjs load a model whose weights lie in several files", async () => {
    const { dir } = await savedModel();
    const model = await tf.loadLayersModel(folderHandler(dir));
    const [kernel, bias] = model.getWeights();
    assert.deepEqual([...await kernel!.data()], [1, 2, 3, 4, 5, 6]);
    assert.deepEqual([...await bias!.data()], [7, 8]);
  });

  test("folderHandler() says what is wrong with a folder", async () => {
    const { dir, json } = await savedModel();
    const load = () => folderHandler(dir).load();
    await writeFile(join(dir, "b.bin"), new Uint8Array(4));
    await assert.rejects(load, /a\.bin, b\.bin holds 28 bytes where model\.json expects 32/);

    const path = join(dir, "model.json");
    await writeFile(path, JSON.stringify({ ...json, weightsManifest: undefined }));
    await assert.rejects(load, { name: "SyntaxError", message: /lacks modelTopology or weights/ });
    await writeFile(path, "{");
    await assert.rejects(load, { name: "SyntaxError", message: /model\.json: it is not JSON/ });
    await writeFile(path, "null");
    await assert.rejects(load, { name: "SyntaxError" });
  });

  test("folderHandler() believes no manifest before it is checked", async () => {
    const { dir, json } = await savedModel();
    const weight = { name: "w", shape: [2], dtype: "float32" };
    const [paths, weights] = [["a.bin"], [weight]];
    const cases: [manifest: unknown, reason: RegExp][] = [
      [[{ paths: "a.bin", weights }], /a group without paths or weights/],
      [[{ paths, weights: [null] }], /a group without paths or weights/],
      [[{ paths, weights: [{ ...weight, name: 7 }] }], /a weight without a name/],
      [[{ paths, weights: [{ ...weight, shape: [-1, -6] }] }], /weight w has no proper shape/],
      [[{ paths, weights: [{ ...weight, dtype: "string" }] }], /weight w is of type "string"/],
      [[{ paths, weights: [{ ...weight, quantization: {} }] }], /w has no proper quantization/],
      [[{ paths: ["a.bin\0"], weights }], /names "a\.bin\\u0000", which leads out/],
      [[{ paths: ["../a.bin"], weights }], /which leads out of the folder/],
    ];
    for (const [weightsManifest, message] of cases) {
      await writeFile(join(dir, "model.json"), JSON.stringify({ ...json, weightsManifest }));
      await assert.rejects(folderHandler(dir).load(), { name: "SyntaxError", message });
    }
  });
});
