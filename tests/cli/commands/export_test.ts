import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { saveSegmentationModel } from "../../../lib/models/persistence/saved_model.ts";
import { defaultConfig } from "../../../lib/config/mod.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { smallModel } from "../../support/small_models.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** A folder with a saved U-Net of three classes. */
async function savedModel(): Promise<string> {
  await useBackend({ backend: "cpu" });
  const model = smallModel("unet");
  const dir = join(temporaryFolder(), "model");
  const classes = ["a", "b", "c"].map((name) => {
    return { name, color: [0, 0, 0] as [number, number, number] };
  });
  const { normalize } = defaultConfig().data;
  await saveSegmentationModel(model, dir, { classes, normalize });
  model.layers.dispose();
  return dir;
}

test("segadv export writes ONNX with its classes' names, and never replaces a file", async () => {
  const dir = await savedModel();
  const out = join(temporaryFolder(), "unet.onnx");
  const args = ["export", dir, "--to", "onnx", "--with", "preprocess,argmax", "--out", out];
  const first = await runHere(...args);
  assert.equal(first.code, 0, first.err);
  const bytes = await readFile(out, "latin1");
  assert.match(bytes, /\{0: 'a', 1: 'b', 2: 'c'\}/);
  assert.match(bytes, /ArgMax/);
  await writeFile(out, "mine");
  const second = await runHere(...args);
  assert.equal(second.code, 2);
  assert.match(second.err, /unet\.onnx is there already.*--overwrite\n$/);
  assert.equal(await readFile(out, "utf8"), "mine");
  assert.equal((await runHere(...args, "--overwrite")).code, 0);
  assert.notEqual((await readFile(out)).length, 4);
});

test("segadv export --to tfjs writes a folder that plain tfjs loads", async () => {
  const out = join(temporaryFolder(), "model");
  const { code, err } = await runHere("export", await savedModel(), "--to", "tfjs", "--out", out);
  assert.equal(code, 0, err);
  const json = JSON.parse(await readFile(join(out, "model.json"), "utf8"));
  const model = await tf.models.modelFromJSON(json.modelTopology);
  assert.deepEqual(model.outputs[0]!.shape.at(-1), 3);
  model.dispose();
});

test("segadv export --half, --int8 and --fold-batch-norm make smaller files", async () => {
  const dir = await savedModel();
  const written = async (...options: string[]): Promise<Buffer> => {
    const out = join(temporaryFolder(), "model");
    const { code, err } = await runHere("export", dir, "--out", out, ...options);
    assert.equal(code, 0, err);
    return await readFile(out);
  };
  const onnx = await written("--to", "onnx");
  assert.match(onnx.toString("latin1"), /BatchNormalization/);
  const half = await written("--to", "onnx", "--half");
  assert.ok(half.length < 0.75 * onnx.length, `${half.length} of ${onnx.length}`);
  const int8 = await written("--to", "onnx", "--int8", "--fold-batch-norm");
  assert.ok(int8.length < half.length, `${int8.length} of ${half.length}`);
  assert.doesNotMatch(int8.toString("latin1"), /BatchNormalization/);
  const whole = await written("--to", "safetensors");
  const stored = await written("--to", "safetensors", "--half");
  assert.match(stored.toString("latin1"), /"dtype":"F16"/);
  assert.ok(stored.length < 0.75 * whole.length, `${stored.length} of ${whole.length}`);
});

test("segadv export refuses options that do not go together, in one line, before it writes", async () => {
  const dir = await savedModel();
  const out = join(temporaryFolder(), "x.onnx");
  for (
    const [options, message] of [
      [["--with", "argmax"], /give --with preprocess,argmax\n$/],
      [["--with", "softmax"], /"softmax" is none of preprocess, argmax\n$/],
      [["--size", "60x64"], /unet takes multiples of 16, such as 64x64\n$/],
      [["--size", "64"], /give HEIGHTxWIDTH/],
      [["--half", "--int8"], /--half and --int8: give one of them\n$/],
      [["--to", "tfjs", "--fold-batch-norm"], /--fold-batch-norm is not for --to tfjs/],
      [["--to", "safetensors", "--int8"], /--int8 is not for --to safetensors/],
      [["--check"], /onnxruntime-web, which is not installed: npm install it\n$/],
      [["--to", "tfjs", "--check"], /--check is not for --to tfjs/],
      [["--to", "tfjs", "--layout", "nhwc"], /--layout is not for --to tfjs/],
    ] as const
  ) {
    const { code, err } = await runHere("export", dir, "--to", "onnx", ...options, "--out", out);
    assert.equal(code, 2, err);
    assert.match(err, message);
    await assert.rejects(readFile(out));
  }
});
