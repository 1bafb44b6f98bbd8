import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "../../lib/config/mod.ts";
import { configFingerprint } from "../../lib/sweep/config_fingerprint.ts";

async function fingerprint(...overrides: string[]): Promise<string> {
  const all = ["data.dataset=fixtures", ...overrides];
  return configFingerprint(await loadConfig({ overrides: all }));
}

describe("configFingerprint()", () => {
  test("configFingerprint() is kept by later versions: only what is no default counts", async () => {
    const bare = await fingerprint("optimizer.lr=0.5");
    assert.equal(bare, await fingerprint("optimizer.lr=0.5", "optimizer.momentum=0.9"));
    assert.equal(bare, "370391f9a5");
  });

  test("configFingerprint() names only keys that affect the result", async () => {
    const bare = await fingerprint();
    for (const other of ["seed=7", "threads=3", "data.workers=2", "checkpoint.keep=0"]) {
      assert.equal(await fingerprint(other), bare, other);
    }
    const changes = ["deterministic=false", "train.epochs=2", "model.width=0.5"];
    const names = await Promise.all(changes.map((change) => fingerprint(change)));
    assert.equal(new Set([bare, ...names]).size, changes.length + 1);
  });

  test("configFingerprint() ignores the section of a discriminator that is not built", async () => {
    const without = await fingerprint("adversarial.enabled=false");
    assert.equal(await fingerprint("adversarial.enabled=false", "adversarial.weight=3"), without);
    assert.notEqual(await fingerprint("adversarial.weight=3"), await fingerprint());
  });
});
