import assert from "node:assert/strict";
import { test } from "node:test";
import { openKerasH5 } from "../../../lib/weights/formats/keras_h5.ts";
import { fixture } from "../../support/weight_fixtures.ts";
import { assertAllCutsRefused, assertDamageIsBounded } from "../../support/damaged_weights.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("openKerasH5() reads weights alone, and those of a whole model without its optimiser", async () => {
  const alone = await openKerasH5(await fixture(temporaryFolder(), "vgg16.h5.gz"));
  assert.equal(alone.tensors.size, 32);
  assert.deepEqual(alone.tensors.get("fc1/fc1_W_1:0")!.shape, [196, 4]);
  assert.equal((await alone.read("block1_conv1/block1_conv1_W_1:0")).length, 108);
  await assert.rejects(alone.read("none"), /has no such tensor/);
  await alone.close();

  const model = await openKerasH5(await fixture(temporaryFolder(), "resnet50.h5.gz"));
  assert.equal(model.tensors.size, 318);
  assert.ok([...model.tensors.keys()].every((name) => /^conv\d/.test(name)));
  assert.equal((await model.read("conv1_bn/conv1_bn/gamma:0")).length, 4);
  await model.close();
});

test("openKerasH5() says so of every file that was cut short", async () => {
  await assertAllCutsRefused(temporaryFolder, "vgg16.h5.gz", openKerasH5);
});

test("openKerasH5() stays in bounds whatever bit is wrong", async () => {
  await assertDamageIsBounded(temporaryFolder, "vgg16.h5.gz", openKerasH5);
});
