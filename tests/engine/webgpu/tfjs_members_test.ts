import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertKnownTfjs,
  type TfjsBackend,
  TfjsWebGpuBackend,
} from "../../../lib/engine/webgpu/tfjs_members.ts";

test("assertKnownTfjs() refuses a backend without the members that the engine uses", () => {
  const members = { tensorMap: {}, dispatchCountInPass: 0, uniformPendingDisposal: [] };
  assertKnownTfjs(members as unknown as TfjsBackend);
  const { tensorMap: _, ...others } = members;
  assert.throws(() => assertKnownTfjs(others as unknown as TfjsBackend), /written for 4\.22\.0/);
});

test("TfjsWebGpuBackend has the methods that the engine overrides", () => {
  const methods = ["recordAndSubmit", "readToGPU", "submitQueue", "disposeData", "uploadToGPU"];
  for (const name of methods) assert(name in TfjsWebGpuBackend.prototype, name);
});
