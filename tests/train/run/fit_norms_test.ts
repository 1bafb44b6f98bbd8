/** Runs that start from weights with batch norm folded in. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { inspectModel } from "../../../lib/models/inspect_model.ts";
import type { TrainEvent } from "../../../lib/train/events.ts";
import { train } from "../../../lib/train/run/train.ts";
import { fillNormal, randomStream } from "../../../lib/util/random.ts";
import { writeSafetensors } from "../../../lib/weights/formats/write_safetensors.ts";
import { mobilenetV2NameMaps } from "../../../lib/weights/name_maps/mobilenet_v2.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { config } from "../../support/config.ts";

const temporaryFolder = temporaryFolders();
const NETWORK = { name: "unet-mobilenetv2", width: 0.1 };

/** A MobileNetV2 of random weights under the names of a file whose batch norm is folded in. */
async function foldedFile(): Promise<string> {
  const map = mobilenetV2NameMaps.find(({ origin }) => origin.includes("folded"))!;
  const { layers } = inspectModel(NETWORK, { classes: 3 });
  const tensors = layers.flatMap(({ weights }) => weights).flatMap(({ name, shape }) => {
    const place = map.places(name).places[0];
    if (place === undefined) return [];
    const [height, width, channels, filters] = shape as [number, number, number, number];
    const stored = place.layout === "oihw"
      ? [filters, channels, height, width]
      : place.layout === "depthwise"
      ? [channels, 1, height, width]
      : shape;
    const size = shape.reduce((a, b) => a * b, 1);
    const values = fillNormal(new Float32Array(size), randomStream(1, name));
    const std = shape.length === 1 ? 0.5 : Math.sqrt(2 / (size / shape.at(-1)!));
    for (let i = 0; i < size; i++) values[i]! *= std;
    return [{
      name: `features.${place.name}`,
      dtype: "F32" as const,
      shape: stored,
      read: () => values,
    }];
  });
  const path = join(temporaryFolder(), "folded.safetensors");
  await writeSafetensors(path, tensors);
  return path;
}

async function run(...overrides: string[]): Promise<{ sha: string; warnings: string[] }> {
  const events: TrainEvent[] = [];
  const small = ["data.batch=4", "train.maxSteps=1", "train.epochs=1", "schedule.warmupEpochs=0"];
  const network = [`model.name=${NETWORK.name}`, `model.width=${NETWORK.width}`];
  const { weightsSha256 } = await train(await config(...network, ...small, ...overrides), {
    onEvent: (event) => void events.push(event),
  });
  const warnings = events.flatMap((event) => event.type === "warning" ? [event.message] : []);
  return { sha: weightsSha256, warnings };
}

test("fitNorms() gives folded batch norms statistics of the run's images, and says so, once a seed", async () => {
  const init = `model.init=${await foldedFile()}`;
  const fitted =
    /folded\.safetensors has batch norm folded in: 52 layers were given the statistics/;
  const [first, again] = [await run(init), await run(init, "train.gradientAccumulation=1")];
  assert.equal(first.warnings.filter((line) => fitted.test(line)).length, 1, `${first.warnings}`);
  assert.equal(again.sha, first.sha);
  assert.notEqual((await run(init, "seed=2")).sha, first.sha);
  const frozen = await run(init, "model.freeze=backbone");
  assert.deepEqual(frozen.warnings.filter((line) => fitted.test(line)), []);
});
