import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openWeightFile } from "../../../lib/weights/formats/open_weight_file.ts";
import { writeSafetensors } from "../../../lib/weights/formats/write_safetensors.ts";
import { fixture } from "../../support/weight_fixtures.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

async function fileOf(bytes: Uint8Array | string, name = "weights.bin"): Promise<string> {
  const path = join(temporaryFolder(), name);
  await writeFile(path, bytes);
  return path;
}

async function tfjsModel(manifest: object, data: Uint8Array): Promise<string> {
  const dir = temporaryFolder();
  const json = { modelTopology: {}, weightsManifest: [manifest] };
  await writeFile(join(dir, "model.json"), JSON.stringify(json));
  await writeFile(join(dir, "w.bin"), data);
  return dir;
}

test("openWeightFile() looks at what is in a file, not at its name", async () => {
  for (
    const [name, format] of [
      ["vgg16.pth", "pytorch"],
      ["vgg16.h5.gz", "keras-h5"],
      ["vgg16.npz", "npz"],
    ] as const
  ) {
    const file = await openWeightFile(await fixture(temporaryFolder(), name));
    assert.equal(file.format, format);
    assert.equal(file.saved, null);
    await file.close();
  }
});

test("openWeightFile() refuses what it cannot read, with the remedy", async () => {
  const tar = new Uint8Array(512);
  tar.set(new TextEncoder().encode("ustar"), 257);
  const cases: [path: string, message: RegExp][] = [
    [
      await fixture(temporaryFolder(), "legacy.pth"),
      /before PyTorch 1\.6.*save it again in Python: torch\.save\(torch\.load/,
    ],
    [await fileOf(tar), /before PyTorch 1\.6/],
    [await fileOf(""), /begins with nothing; known are tfjs, keras-h5/],
    [await fileOf("version https://git-lfs"), /begins with 76 65 72 73/],
    [await fileOf("PK\x03\x04 and nothing more"), /table of contents is missing/],
    ["/nowhere/weights.h5", /there is no such file/],
  ];
  for (const [path, message] of cases) {
    await assert.rejects(openWeightFile(path), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n|\.$/);
      return true;
    });
  }
});

test("openWeightFile() refuses a sealed file with a wrong bit", async () => {
  const path = await fileOf("", "w.safetensors");
  const read = () => Float32Array.of(1, 2);
  await writeSafetensors(path, [{ name: "w", dtype: "F32", shape: [2], read }]);
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 0x80; // -2 in the place of 2
  await writeFile(path, bytes);
  await assert.rejects(openWeightFile(path), /Cannot trust .*: its bytes differ .* it is damaged/);
});

test("openWeightFile() dequantises safetensors, for a tensor or for each channel", async () => {
  const dir = temporaryFolder();
  const path = join(dir, "q.safetensors");
  await writeSafetensors(path, [
    { name: "a", dtype: "U8", shape: [2, 2], read: () => Uint8Array.of(0, 128, 130, 255) },
    { name: "a_scale", dtype: "F32", shape: [1], read: () => Float32Array.of(0.5) },
    { name: "a_zero", dtype: "I32", shape: [1], read: () => Int32Array.of(128) },
    { name: "b", dtype: "I8", shape: [2, 2], read: () => Int8Array.of(-1, 2, 3, -4) },
    { name: "b_scale", dtype: "F32", shape: [2], read: () => Float32Array.of(1, 10) },
    { name: "c", dtype: "I8", shape: [3, 1], read: () => Int8Array.of(1, 2, 3) },
    { name: "c_scale", dtype: "F32", shape: [2], read: () => Float32Array.of(1, 10) },
    { name: "d", dtype: "I8", shape: [2, 1], read: () => Int8Array.of(2, 3) },
    { name: "d_scale", dtype: "F32", shape: [2], read: () => Float32Array.of(1, 10) },
    { name: "d_zero", dtype: "I32", shape: [1], read: () => Int32Array.of(1) },
  ]);
  const file = await openWeightFile(path);
  assert.deepEqual([...file.tensors.keys()], ["a", "b", "c", "d"]);
  assert.deepEqual([...await file.read("a")], [-64, 0, 1, 63.5]);
  assert.deepEqual([...await file.read("b")], [-1, 2, 30, -40]);
  assert.deepEqual([...await file.read("d")], [1, 20]);
  await assert.rejects(file.read("c"), /c \[3,1\]: it has 2 scales and 2 zero points, needs one/);
  await file.close();
});

test("openWeightFile() reads tfjs models, quantised ones too, inside their folder only", async () => {
  const weights = [
    { name: "f", shape: [1], dtype: "float32" },
    {
      name: "q",
      shape: [2],
      dtype: "float32",
      quantization: { dtype: "uint8", scale: 2, min: -1 },
    },
  ];
  const data = Uint8Array.of(0, 0, 128, 63, 0, 3);
  const dir = await tfjsModel({ paths: ["w.bin"], weights }, data);
  const file = await openWeightFile(join(dir, "model.json"));
  assert.deepEqual([...await file.read("f"), ...await file.read("q")], [1, -1, 5]);
  await assert.rejects(file.read("none"), /has no such tensor/);

  const run = temporaryFolder();
  await mkdir(join(run, "best"));
  await assert.rejects(openWeightFile(run), /neither model\.json nor best\/model\.json/);
  const outside = await tfjsModel({ paths: ["../../w.bin"], weights }, data);
  await assert.rejects(openWeightFile(outside), /names "\.\.\/\.\.\/w\.bin", which leads out of/);
  const claim = [{ name: "f", shape: [2 ** 40], dtype: "float32" }];
  const huge = await tfjsModel({ paths: ["w.bin"], weights: claim }, data);
  await assert.rejects(
    openWeightFile(huge),
    /holds 6 bytes where model\.json expects 4398046511104/,
  );
});

test("openWeightFile() never opens a pipe or a device", {
  skip: process.platform === "win32" && "neither is there",
}, async () => {
  const pipe = join(temporaryFolder(), "pipe.pth");
  execFileSync("mkfifo", [pipe]);
  for (const path of [pipe, "/dev/zero"]) {
    await assert.rejects(openWeightFile(path), { message: `Cannot open ${path}: it is no file` });
  }
});
