import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openSafetensors } from "../../../lib/weights/formats/safetensors.ts";
import {
  type TensorSource,
  writeSafetensors,
} from "../../../lib/weights/formats/write_safetensors.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const tensor: TensorSource = {
  name: "w",
  dtype: "F32",
  shape: [2, 2],
  read: () => Promise.resolve(Float32Array.of(1, 2, 3, 4)),
};

test("writeSafetensors() aligns tensors to 8 bytes and says how much it wrote", async () => {
  const path = join(temporaryFolder(), "a.safetensors");
  const bytes = await writeSafetensors(path, [tensor], { metadata: { sha256: "mine", a: "b" } });
  const file = await openSafetensors(path);
  await file.verify();
  assert.deepEqual([...file.metadata.keys()], ["sha256", "a"]);
  assert.equal(file.entries.get("w")!.begin % 8, 0);
  assert.equal(file.entries.get("w")!.end, bytes);
  await file.close();
});

test("writeSafetensors() leaves nothing behind where it fails, and the old file as it was", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.safetensors");
  await writeSafetensors(path, [tensor]);
  const short = { ...tensor, read: () => new Float32Array(3) };
  await assert.rejects(writeSafetensors(path, [short]), /needs 16 bytes, got 12/);
  await assert.rejects(writeSafetensors(path, [tensor, tensor]), /the name w comes twice/);
  const beforeCommit = () => Promise.reject(new Error("the device was lost"));
  await assert.rejects(writeSafetensors(path, [], { beforeCommit }), /the device was lost/);
  const deaf = { ...tensor, read: () => Promise.reject(new Error("no values")) };
  await assert.rejects(writeSafetensors(path, [deaf]), /no values/);
  assert.deepEqual(await readdir(folder), ["a.safetensors"]);
  const file = await openSafetensors(path);
  assert.deepEqual([...file.entries.keys()], ["w"]);
  await file.close();
});
