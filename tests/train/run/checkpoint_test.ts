import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { defaultConfig } from "../../../lib/config/mod.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { versions } from "../../../lib/util/version.ts";
import { openCheckpoint, writeCheckpoint } from "../../../lib/train/run/checkpoint.ts";
import type { RunState } from "../../../lib/train/run/checkpoint.ts";
import type { RunProvenance } from "../../../lib/train/run/provenance.ts";
import type { StateTensor } from "../../../lib/train/run/state_tensors.ts";
import { writeSafetensors } from "../../../lib/weights/formats/write_safetensors.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const state: RunState = {
  step: 7,
  epoch: 2,
  epochStep: 1,
  best: null,
  last: null,
  rollbacks: 0,
  updates: { segmentation: 7, discriminator: 14 },
  seconds: 1.5,
  eventBytes: 100,
};
const split = {
  classes: [],
  ignoreLabel: 255,
  samples: 1,
  idsSha256: "",
  files: null,
  hashes: ["0".repeat(16)],
};
const provenance: RunProvenance = {
  config: defaultConfig(),
  versions: versions(),
  backend: { name: "wasm", build: "test" },
  data: { classes: [], train: split, validation: split },
};

function tensorsOf(...values: number[][]): { tensors: StateTensor[]; variables: tf.Variable[] } {
  const variables: tf.Variable[] = values.map((value) => tf.variable(tf.tensor(value), false));
  const tensors = variables.map((variable, i) => ({
    name: `t/${i}`,
    shape: variable.shape,
    value: () => variable,
    assign: (tensor: tf.Tensor) => void variable.assign(tensor),
  }));
  return { tensors, variables };
}

async function written(...values: number[][]): Promise<string> {
  const path = join(temporaryFolder(), "step-000000007.safetensors");
  const { tensors, variables } = tensorsOf(...values);
  await writeCheckpoint(path, { state, provenance, tensors, checkErrors() {} });
  tf.dispose(variables);
  return path;
}

before(async () => {
  await useBackend({ backend: "wasm", threads: 1 });
});

test("openCheckpoint() gives back state, provenance and tensors, each in memory of its own", async () => {
  const checkpoint = await openCheckpoint(await written([1, 2], [3]));
  assert.deepEqual(checkpoint.state, state);
  assert.deepEqual(checkpoint.provenance, JSON.parse(JSON.stringify(provenance)));
  const { tensors, variables } = tensorsOf([0, 0], [0]);
  const { numTensors, numBytes } = tf.memory();
  await checkpoint.restore(tensors);
  assert.deepEqual(await Promise.all(variables.map(async (v) => [...await v.data()])), [[1, 2], [
    3,
  ]]);
  assert.deepEqual([tf.memory().numTensors, tf.memory().numBytes], [numTensors, numBytes]);
  await checkpoint.close();
});

test("openCheckpoint() restores all or nothing", async () => {
  const path = await written([1, 2], [3]);
  for (
    const [values, message] of [
      [[[0, 0]], /t\/1 is unknown/],
      [[[0, 0], [0], [0]], /t\/2 is missing/],
      [[[0, 0], [0, 0]], /t\/1 is F32 \[1\], not F32 \[2\]/],
    ] as const
  ) {
    const { tensors, variables } = tensorsOf(...values as unknown as number[][]);
    const checkpoint = await openCheckpoint(path);
    await assert.rejects(checkpoint.restore(tensors), message);
    assert.equal((await variables[0]!.data())[0], 0);
    await checkpoint.close();
  }
});

test("openCheckpoint() loads none of many damaged copies", async () => {
  const path = await written([1, 2, 3, 4], [5]);
  const intact = new Uint8Array(await readFile(path));
  for (let bit = 0; bit < intact.length * 8; bit += 37) {
    const damaged = intact.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    await writeFile(path, damaged);
    await assert.rejects(openCheckpoint(path), /Cannot (trust|read|verify) /, `bit ${bit}`);
  }
  for (let length = 0; length < intact.length; length += 61) {
    await writeFile(path, intact.subarray(0, length));
    await assert.rejects(openCheckpoint(path), /Cannot (trust|read|verify) /, `length ${length}`);
  }
  await writeFile(path, intact);
  await (await openCheckpoint(path)).close();
});

test("openCheckpoint() refuses other safetensors files", async () => {
  const path = join(temporaryFolder(), "weights.safetensors");
  await writeSafetensors(path, [], { metadata: { format: "pt" } });
  await assert.rejects(openCheckpoint(path), /its format is "pt", this version reads "segadv ch/);
});
