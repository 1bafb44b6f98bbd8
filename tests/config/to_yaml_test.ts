import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadConfig } from "../../lib/config/load.ts";
import { configToYaml } from "../../lib/config/yaml.ts";

test("configToYaml() is read back by loadConfig() as it was, whatever the texts and numbers", async () => {
  const config = await loadConfig({ preset: "fixtures" });
  await fc.assert(fc.asyncProperty(
    fc.string({ minLength: 1, unit: "binary" }),
    fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
    async (init, lr) => {
      const changed = structuredClone(config);
      changed.model.init = init;
      changed.optimizer.lr = lr;
      assert.deepEqual(await loadConfig({ yaml: configToYaml(changed) }), changed);
    },
  ));
});

test("configToYaml() writes each list on one line and no aliases", async () => {
  const config = await loadConfig({ preset: "fixtures" });
  const size: [number, number] = [64, 64];
  const yaml = configToYaml({
    ...config,
    data: { ...config.data, crop: size },
    inference: { ...config.inference, resize: size },
  });
  assert.match(yaml, /^ {2}crop: \[64, 64\]$/m);
  assert.match(yaml, /^ {2}resize: \[64, 64\]$/m);
});
