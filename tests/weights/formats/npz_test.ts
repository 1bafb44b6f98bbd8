import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openNpz } from "../../../lib/weights/formats/npz.ts";
import { zipOf } from "../../faults/small_files.ts";
import { changed, fixture } from "../../support/weight_fixtures.ts";
import { assertAllCutsRefused, assertDamageIsBounded } from "../../support/damaged_weights.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("openNpz() reads packed arrays in C and in Fortran order", async () => {
  const file = await openNpz(await fixture(temporaryFolder(), "vgg16.npz"));
  assert.equal(file.tensors.size, 32);
  assert.deepEqual(file.tensors.get("conv1_1_W")!.shape, [3, 3, 3, 4]);
  assert.equal((await file.read("fc6_W")).length, 196 * 4);
  assert.equal((await file.read("conv1_2_W")).length, 144); // stored in Fortran order
  await assert.rejects(file.read("conv9_W"), /has no such array/);
  await file.close();
});

test("openNpz() refuses files that lie about their sizes", async () => {
  const claim = await changed(temporaryFolder(), "vgg16.npz", (bytes) => {
    const at = Buffer.from(bytes).lastIndexOf("fc6_W.npy") - 46;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at + 24, 2 ** 31, true);
    return bytes;
  });
  await assert.rejects(openNpz(claim), /"fc6_W\.npy" claims 2147483648 bytes from \d+/);
  const twice = await changed(temporaryFolder(), "vgg16.npz", (bytes) => {
    const buffer = Buffer.from(bytes);
    buffer.write("fc7_W.npy", buffer.lastIndexOf("fc6_W.npy"));
    buffer.write("fc7_W.npy", buffer.indexOf("fc6_W.npy"));
    return buffer;
  });
  await assert.rejects(openNpz(twice), /it holds two files named "fc7_W\.npy"/);
  const other = await changed(temporaryFolder(), "vgg16.npz", (bytes) => {
    const buffer = Buffer.from(bytes);
    buffer.write("fc6_V.npy", buffer.lastIndexOf("fc6_W.npy"));
    return buffer;
  });
  await assert.rejects(openNpz(other), /"fc6_V\.npy" is there as "fc6_W\.npy"/);
  const outside = await changed(temporaryFolder(), "vgg16.npz", (bytes) => {
    const buffer = Buffer.from(bytes);
    buffer.write("../_W.npy", buffer.lastIndexOf("fc6_W.npy"));
    return buffer;
  });
  await assert.rejects(openNpz(outside), /"\.\.\/_W\.npy" is a name that leads out of the archive/);
  assert.ok((await readFile(claim)).length < 20_000);
});

test("openNpz() refuses an archive that would fill the memory", async () => {
  const zeros = new Uint8Array(2 ** 24); // packed: 16 kB
  const names = Array.from({ length: 520 }, (_, i) => `${i}.npy`);
  const bomb = zipOf(Object.fromEntries(names.map((name) => [name, zeros])), { packed: true });
  assert.ok(bomb.length < 10 * 2 ** 20);
  const path = await changed(temporaryFolder(), "vgg16.npz", () => bomb);
  await assert.rejects(openNpz(path), /it claims 8\.0 GiB unpacked, at most 8 are read/);
});

test("openNpz() says so of every file that was cut short", async () => {
  await assertAllCutsRefused(temporaryFolder, "vgg16.npz", openNpz);
});

test("openNpz() stays in bounds whatever bit is wrong", async () => {
  await assertDamageIsBounded(temporaryFolder, "vgg16.npz", openNpz);
});
