import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { defaultConfig } from "../../../lib/config/mod.ts";
import { buildModel } from "../../../lib/models/build_model.ts";
import type { SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { weightsSha256 } from "../../../lib/weights/hash.ts";
import { initializeFrom } from "../../../lib/models/persistence/initialize.ts";
import { saveSegmentationModel } from "../../../lib/models/persistence/saved_model.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

before(async () => {
  await useBackend({ backend: "cpu" });
});

function network(seed: number, classes = 3): SegmentationModel {
  const config = { name: "fcn8s-vgg16", width: 1 / 64 };
  return buildModel(config, { classes, seed });
}

async function saved(model: SegmentationModel): Promise<string> {
  const dir = join(temporaryFolder(), "model");
  const classes = Array.from({ length: model.classes }, (_, i) => ({
    name: `class ${i}`,
    color: [i, i, i] as [number, number, number],
  }));
  await saveSegmentationModel(model, dir, { classes, normalize: defaultConfig().data.normalize });
  return dir;
}

test("initializeFrom() copies every weight", async () => {
  const [source, target] = [network(1), network(2)];
  const sha = await weightsSha256(source.layers);
  assert.notEqual(await weightsSha256(target.layers), sha);
  await initializeFrom(target, await saved(source));
  assert.equal(await weightsSha256(target.layers), sha);
});

test("initializeFrom() starts the head afresh for other classes, and says so", async () => {
  const [source, target, untouched] = [network(1), network(2, 4), network(2, 4)];
  const report = await initializeFrom(target, await saved(source));
  assert.match(
    report.warnings[0]!,
    /was trained for 3 classes, not 4: its head \(score_fr\/kernel/,
  );
  assert.deepEqual(report.fresh.map((name) => name.split("/")[0]), [
    ...Array(2).fill("score_fr"),
    ...Array(2).fill("score_pool4"),
    ...Array(2).fill("score_pool3"),
    "upscore8",
  ]);
  const [from, to, fresh] = [source, target, untouched].map((model) =>
    new Map(model.layers.weights.map((weight) => [weight.originalName, weight.read()]))
  );
  for (const [name, tensor] of to!) {
    const expected = report.fresh.includes(name) ? fresh!.get(name)! : from!.get(name)!;
    assert.deepEqual(await tensor.data(), await expected.data(), name);
  }
});

test("initializeFrom() lists what does not fit and changes nothing", async () => {
  const config = { name: "fcn32s-vgg16", width: 1 / 32 };
  const target = buildModel(config, { classes: 3, seed: 2 });
  const sha = await weightsSha256(target.layers);
  const dir = await saved(network(1));
  await assert.rejects(initializeFrom(target, dir), (error: Error) => {
    assert.ok(error instanceof RangeError);
    assert.match(
      error.message,
      /missing: upscore32\/kernel; of another shape: block3_conv1\/kernel is \[3,3,4,4\], not/,
    );
    assert.match(error.message, /unknown: score_pool4\/kernel, .* set model\.initStrict to false/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.equal(await weightsSha256(target.layers), sha);
  const report = await initializeFrom(target, dir, { strict: false });
  assert.ok(report.copied >= 8); // blocks 1 and 2 have four channels at either width
  assert.ok(report.fresh.includes("upscore32/kernel") && report.fresh.includes("fc6/kernel"));
  assert.match(report.warnings[0]!, /only part of .* fits: missing: upscore32/);
});

test("initializeFrom() says where it looked for a model", async () => {
  await assert.rejects(initializeFrom(network(1), "/nowhere"), /\/nowhere: there is no such file/);
  const empty = temporaryFolder();
  await assert.rejects(initializeFrom(network(1), empty), /best\/model\.json.*is there; give/);
});
