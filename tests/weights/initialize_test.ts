import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { defaultConfig } from "../../lib/config/mod.ts";
import { buildModel } from "../../lib/models/build_model.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { weightsSha256 } from "../../lib/weights/hash.ts";
import { initializeFrom } from "../../lib/weights/initialize.ts";
import { saveSegmentationModel } from "../../lib/weights/tfjs_format.ts";

before(async () => {
  await useBackend({ backend: "cpu" });
});

function network(seed: number, classes = 3): SegmentationModel {
  const config = { ...defaultConfig().model, name: "fcn8s-vgg16", width: 1 / 64 };
  return buildModel(config, { classes, seed });
}

async function saved(model: SegmentationModel): Promise<string> {
  const dir = join(await mkdtemp(join(tmpdir(), "segadv-init-")), "model");
  const classes = Array.from({ length: model.classes }, (_, i) => ({
    name: `class ${i}`,
    color: [i, i, i] as [number, number, number],
  }));
  await saveSegmentationModel(model, dir, { classes, normalize: defaultConfig().data.normalize });
  return dir;
}

test("initializeFrom copies every weight", async () => {
  const [source, target] = [network(1), network(2)];
  const sha = await weightsSha256(source.layers);
  assert.notEqual(await weightsSha256(target.layers), sha);
  await initializeFrom(target, await saved(source));
  assert.equal(await weightsSha256(target.layers), sha);
});

test("initializeFrom refuses weights of another shape and changes nothing", async () => {
  const target = network(2, 4);
  const sha = await weightsSha256(target.layers);
  await assert.rejects(initializeFrom(target, await saved(network(1))), /score_\w+\/\w+ is \[/);
  assert.equal(await weightsSha256(target.layers), sha);
});

test("initializeFrom says where it looked for a model", async () => {
  await assert.rejects(initializeFrom(network(1), "/nowhere"), /\/nowhere.*best\/model\.json/);
});
