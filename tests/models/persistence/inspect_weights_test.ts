import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectWeights } from "../../../lib/models/persistence/inspect_weights.ts";
import { openWeightFile } from "../../../lib/weights/formats/open_weight_file.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { fixture } from "../../support/weight_fixtures.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

for (
  const [name, network, copies] of [
    ["vgg16.pth", "fcn8s-vgg16", 30],
    ["vgg16.npz", "fcn8s-vgg16", 30],
    ["resnet50.h5.gz", "resnet50", 318],
    ["resnet50.pth.gz", "resnet50", 265],
    ["vgg19.timm.pth.gz", "fcn8s-vgg19", 36],
  ] as const
) {
  test(`inspectWeights() finds that ${name} is ${network}`, async () => {
    const file = await openWeightFile(await fixture(temporaryFolder(), name));
    const report = inspectWeights(file, { width: 1 / 1024 });
    assert.equal(report.network, network);
    assert.equal(report.plan!.copies.length, copies);
    assert.equal(report.tensors.filter(({ weight }) => weight !== null).length, copies);
    assert.equal(inspectWeights(file).plan!.misshapen.length > 10, true); // at full width
    await file.close();
  });
}

const folder = "data/weights";
test(
  "inspectWeights() knows no network of SqueezeNet's names",
  { skip: skipWithout(folder) },
  async () => {
    const file = await openWeightFile(sharedPath(`${folder}/squeezenet1_1.safetensors`));
    const { network, plan, tensors, values } = inspectWeights(file);
    assert.deepEqual([network, plan, tensors.length, values], [null, null, 52, 1_235_496]);
    const forced = inspectWeights(file, { network: "fcn8s-vgg16" });
    assert.ok(forced.plan!.missing.length > 20);
    await file.close();
  },
);
