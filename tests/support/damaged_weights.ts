import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { WeightFile } from "../../lib/weights/weight_file.ts";
import { changed, fixture } from "./weight_fixtures.ts";

/** Cuts a fixture at many places: each time one line must say that it cannot be read. */
export async function assertAllCutsRefused(
  temporaryFolder: () => string,
  name: string,
  open: (path: string) => Promise<WeightFile>,
): Promise<void> {
  const { length } = await readFile(await fixture(temporaryFolder(), name));
  for (let cut = 0; cut < length - 1; cut += Math.ceil(length / 40)) {
    const path = await changed(temporaryFolder(), name, (bytes) => bytes.slice(0, cut));
    await assert.rejects(async () => {
      const file = await open(path);
      try {
        for (const tensor of file.tensors.keys()) await file.read(tensor);
      } finally {
        await file.close();
      }
    }, (error: Error) => {
      assert.ok(error instanceof SyntaxError, `${cut}: ${error}`);
      assert.match(error.message, /^Cannot read .{10,300}[^.]$/);
      return true;
    });
  }
}

/** Changes single bytes of a fixture: what opens and reads must do so in bounds, else say why. */
export async function assertDamageIsBounded(
  temporaryFolder: () => string,
  name: string,
  open: (path: string) => Promise<WeightFile>,
): Promise<void> {
  const { length } = await readFile(await fixture(temporaryFolder(), name));
  let refused = 0;
  for (let i = 0; i < 60; i++) {
    const at = Math.imul(i + 1, 2654435761) % length;
    const path = await changed(temporaryFolder(), name, (bytes) => {
      bytes[Math.abs(at)]! ^= 0x81;
      return bytes;
    });
    const before = performance.now();
    try {
      const file = await open(path);
      try {
        for (const tensor of file.tensors.keys()) await file.read(tensor);
      } finally {
        await file.close();
      }
    } catch (error) {
      refused++;
      const { name, message } = error as Error;
      assert.ok(name === "SyntaxError" || name === "RangeError" || name === "Error", `${error}`);
      assert.match(message, /^Cannot read [^\n]*$/);
    }
    assert.ok(performance.now() - before < 60_000);
  }
  assert.ok(refused > 0);
}
