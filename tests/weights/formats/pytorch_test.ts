import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { openPytorch } from "../../../lib/weights/formats/pytorch.ts";
import { withZipChecksums } from "../../faults/zip_checksums.ts";
import { changed, fixture } from "../../support/weight_fixtures.ts";
import { assertAllCutsRefused, assertDamageIsBounded } from "../../support/damaged_weights.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Replaces a text by one of the same length, which moves nothing in the file. */
function replaced(from: string, to: string): (bytes: Uint8Array) => Uint8Array {
  assert.equal(from.length, to.length);
  return (bytes) =>
    withZipChecksums(
      Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll(from, to), "latin1"),
    );
}

test("openPytorch() reads nested, strided and shared tensors, and half precision", async () => {
  const file = await openPytorch(await fixture(temporaryFolder(), "resnet50.pth.gz"));
  assert.equal(file.tensors.size, 320);
  assert.deepEqual(file.tensors.get("module.conv1.weight"), {
    ...file.tensors.get("module.conv1.weight"),
    dtype: "F32",
    shape: [4, 3, 7, 7],
  });
  assert.equal(file.tensors.get("module.fc.weight")!.dtype, "F16");
  assert.deepEqual(await file.read("module.fc.bias"), new Float32Array(10));
  assert.deepEqual(await file.read("module.bn1.num_batches_tracked"), Float32Array.of(7));
  await assert.rejects(file.read("conv9"), /has no such tensor/);
  await file.close();
});

test("openPytorch() refuses every Python object but three, and names it", async () => {
  await assert.rejects(
    openPytorch(await fixture(temporaryFolder(), "module.pth")),
    /^SyntaxError: .*"torch\.nn\.modules\.linear\.Linear", which is not loaded as it could run code/,
  );
  // The classic: os.system in the place of OrderedDict
  const path = await changed(
    temporaryFolder(),
    "vgg16.pth",
    replaced("ccollections\nOrderedDict\n", `cposix\nsystem\n${"N".repeat(11)}`),
  );
  await assert.rejects(openPytorch(path), /it holds the Python object "posix\.system"/);
});

test("openPytorch() refuses archives that lie", async () => {
  const cases: [(bytes: Uint8Array) => Uint8Array, RegExp][] = [
    [
      replaced("vgg16/data.pkl", "../16/data.pkl"),
      /"\.\.\/16\/data\.pkl" is a name that leads out/,
    ],
    [replaced("vgg16/data.pkl", "vgg16/data.bin"), /it has no data\.pkl/],
    [replaced("torch\nFloatStorage", "torch\nDoubleStorag"), /"torch\.DoubleStorag"/],
    [
      replaced("X\x07\x00\x00\x00storage", "X\x07\x00\x00\x00sturage"),
      /storage of an unknown kind/,
    ],
  ];
  for (const [change, message] of cases) {
    await assert.rejects(
      openPytorch(await changed(temporaryFolder(), "vgg16.pth", change)),
      message,
    );
  }
});

test("openPytorch() refuses sizes that are not there before it takes memory", async () => {
  const claim = await changed(temporaryFolder(), "vgg16.pth", (bytes) => {
    const at = Buffer.from(bytes).lastIndexOf("vgg16/data/0") - 46;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at + 24, 0xfffffff0, true);
    return bytes;
  });
  await assert.rejects(openPytorch(claim), /"vgg16\/data\/0" claims 4294967280 bytes from 432/);
  const storage = await openPytorch(
    await changed(temporaryFolder(), "vgg16.pth", replaced("cpuq\x07Kl", "cpuq\x07K\xff")),
  );
  await assert.rejects(
    storage.read("features.0.weight"),
    /tensor features\.0\.weight lies in a storage of 255 F32 in 432 bytes/,
  );
  await storage.close();
});

test("openPytorch() gives no tensor with a wrong bit", async () => {
  const path = await changed(temporaryFolder(), "vgg16.pth", (bytes) => {
    const at = Buffer.from(bytes).indexOf("vgg16/data/0") + 200; // within the first storage
    bytes[at]! ^= 1;
    return bytes;
  });
  const file = await openPytorch(path);
  await assert.rejects(
    file.read("features.0.weight"),
    /"vgg16\/data\/0" is damaged: its CRC-32 is [0-9a-f]{8}, claims [0-9a-f]{8}$/,
  );
  await file.close();
});

test("openPytorch() stays in bounds whatever bit is wrong", async () => {
  await assertDamageIsBounded(temporaryFolder, "vgg16.pth", openPytorch);
});

test("openPytorch() says so of every file that was cut short", async () => {
  await assertAllCutsRefused(temporaryFolder, "vgg16.pth", openPytorch);
});
