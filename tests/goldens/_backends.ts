/** The backends as a dimension of tests. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { type BackendInfo, useBackend } from "../../lib/backend/use_backend.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";

/** Names for the test titles, with the reason where a backend has to be left out. */
export const backends: { name: "cpu" | "wasm" | "webgpu"; skip: string | false }[] = [
  { name: "cpu", skip: false },
  { name: "wasm", skip: false },
  { name: "webgpu", skip: await noAdapter() },
];

/**
 * Makes `name` current during the tests of a describe block, where this has to be called.
 *
 * @returns Wraps a test's body: what the device reports afterwards fails the test.
 */
export function useDuring(
  name: "cpu" | "wasm" | "webgpu",
): (body: () => Promise<void>) => () => Promise<void> {
  let backend: BackendInfo;
  before(async () => {
    backend = await useBackend({ backend: name, threads: 1 });
    assert.equal(tf.getBackend(), name);
  });
  after(() => backend.dispose());
  return (body) => async () => {
    await body();
    await backend.checkErrors();
  };
}
