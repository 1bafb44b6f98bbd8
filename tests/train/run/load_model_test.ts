import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { loadConfig } from "../../../lib/config/load.ts";
import { configToYaml } from "../../../lib/config/yaml.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { weightsSha256 } from "../../../lib/weights/hash.ts";
import { loadModel } from "../../../lib/train/run/load_model.ts";
import { saveSegmentationModel } from "../../../lib/models/persistence/saved_model.ts";
import { smallModel } from "../../support/small_models.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** A run folder with the given networks, each from a seed of its own. */
async function runFolder(networks: Record<string, number>): Promise<string> {
  const run = temporaryFolder();
  const config = await loadConfig({ preset: "fixtures" });
  await writeFile(join(run, "config.yaml"), configToYaml({ ...config, seed: 77 }));
  for (const [folder, seed] of Object.entries(networks)) {
    const classes = ["a", "b", "c"].map((name) => ({
      name,
      color: [0, 0, 0] as [number, number, number],
    }));
    const { normalize } = config.data;
    await saveSegmentationModel(smallModel("resnet50", { seed }), join(run, folder), {
      classes,
      normalize,
    });
  }
  return run;
}

/** Hash of the network of a seed. */
function hashOf(seed: number): Promise<string> {
  return weightsSha256(smallModel("resnet50", { seed }).layers);
}

describe("loadModel()", () => {
  before(() => useBackend({ backend: "cpu" }));

  test("loadModel() takes the best network of a run, else the last, with the run's config", async () => {
    const both = await runFolder({ model: 1, best: 2 });
    const best = await loadModel(both);
    assert.equal(best.path, join(both, "best"));
    assert.equal(best.config?.seed, 77);
    assert.equal(await weightsSha256(best.model.layers), await hashOf(2));

    const last = await loadModel(await runFolder({ model: 1 }));
    assert.equal(await weightsSha256(last.model.layers), await hashOf(1));
  });

  test("loadModel() takes a model folder itself, inside a run or alone", async () => {
    const run = await runFolder({ model: 1, best: 2 });
    const inside = await loadModel(join(run, "model"));
    assert.equal(await weightsSha256(inside.model.layers), await hashOf(1));
    assert.equal(inside.config?.seed, 77);
    assert.deepEqual(inside.classes.map(({ name }) => name), ["a", "b", "c"]);
  });

  test("loadModel() says what it looked for", async () => {
    const empty = temporaryFolder();
    await assert.rejects(loadModel(empty), /neither model\.json nor best\/model\.json/);
  });
});
