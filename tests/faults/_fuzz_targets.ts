import { Buffer } from "node:buffer";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { loadConfig } from "../../lib/config/mod.ts";
import { configToYaml } from "../../lib/config/yaml.ts";
import { decodeImage, decodeLabel } from "../../lib/data/codecs/decode.ts";
import { readMat } from "../../lib/data/codecs/mat.ts";
import { readClassesFile } from "../../lib/data/layout/classes_json.ts";
import { readList } from "../../lib/data/readers/listing.ts";
import { openKerasH5 } from "../../lib/weights/formats/keras_h5.ts";
import { openTfjsWeights } from "../../lib/weights/formats/folder_handler.ts";
import { openNpz } from "../../lib/weights/formats/npz.ts";
import { openPytorch } from "../../lib/weights/formats/pytorch.ts";
import { parseSafetensors } from "../../lib/weights/formats/safetensors.ts";
import type { WeightFile } from "../../lib/weights/weight_file.ts";
import { writeSafetensors } from "../../lib/weights/formats/write_safetensors.ts";
import { annotationTargets } from "./_annotation_targets.ts";
import { folderTargets } from "./_folder_targets.ts";
import { smallH5, smallMat, smallNpy, zipOf } from "./small_files.ts";
import { withZipChecksums } from "./zip_checksums.ts";

/** A reader under fire, with files that it takes. */
export interface Target {
  name: string;
  corpus: Uint8Array[];
  read(bytes: Uint8Array): Promise<unknown> | unknown;
  /** Share of the inputs: slow readers get fewer. */
  share: number;
}

/** All readers of files that may come from elsewhere; `folder` is theirs to write in. */
export async function fuzzTargets(folder: string): Promise<Target[]> {
  return [
    ...await pictures(),
    ...await weights(folder),
    ...await texts(folder),
    ...await annotationTargets(folder),
    ...await folderTargets(folder, await masks()),
  ];
}

const encoder = new TextEncoder();
const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

async function pictures(): Promise<Target[]> {
  const some = async (part: string): Promise<Uint8Array[]> => {
    const folder = join(FIXTURES, "VOCdevkit/VOC2012", part);
    const names = (await readdir(folder)).sort().slice(0, 4);
    return await Promise.all(names.map((name) => readFile(join(folder, name))));
  };
  const file = "fuzzed";
  const labels = await some("SegmentationClass");
  return [
    { name: "PNG", corpus: labels, read: (bytes) => decodeLabel(bytes, { file }), share: 4 },
    {
      name: "PNG, checksums right",
      corpus: labels,
      read: (bytes) => decodeLabel(withPngChecksums(bytes), { file }),
      share: 4,
    },
    {
      name: "JPEG",
      corpus: await some("JPEGImages"),
      read: (bytes) => decodeImage(bytes, { file }),
      share: 4,
    },
    ...await Promise.all(
      ["TIFF", "WebP", "BMP", "GIF"].map(async (name) => ({
        name,
        corpus: await goldens(name),
        read: (bytes: Uint8Array) => decodeImage(bytes, { file, channels: 3 }),
        share: 4,
      })),
    ),
    {
      name: ".mat",
      corpus: [smallMat({ packed: false }), smallMat({ packed: true })],
      read: (bytes) => readMat(bytes, { file }),
      share: 4,
    },
  ];
}

/** Pictures of a format that tasks/goldens/pictures.py made. */
async function goldens(format: string): Promise<Uint8Array[]> {
  const text = await readFile(join(FIXTURES, "goldens/pictures.json"), "utf8");
  const all: { name: string; file: string }[] = JSON.parse(text);
  const own = all.filter(({ name }) => name.includes(format));
  return own.map(({ file }) => new Uint8Array(Buffer.from(file, "base64")));
}

/** Pictures of each format that masks may have besides PNG. */
async function masks(): Promise<Record<string, Uint8Array[]>> {
  const formats = ["TIFF", "WebP", "BMP", "GIF", "JPEG", "PNG"];
  return Object.fromEntries(
    await Promise.all(formats.map(async (name) => [name, await goldens(name)])),
  );
}

async function weights(folder: string): Promise<Target[]> {
  const path = join(folder, "fuzzed.bin");
  const sealed = join(folder, "a.safetensors");
  await writeSafetensors(sealed, [
    { name: "w", dtype: "F32", shape: [2, 3], read: () => new Float32Array(6) },
    { name: "b", dtype: "U8", shape: [5], read: () => new Uint8Array(5) },
  ], { metadata: { made: "here" } });
  const model = join(folder, "model");
  await mkdir(model);
  await writeFile(join(model, "w.bin"), new Uint8Array(28));
  const npy = smallNpy();
  const npz = [true, false].map((packed) => zipOf({ "w.npy": npy, "b.npy": npy }, { packed }));
  const torch = await Promise.all(
    ["vgg16.pth", "module.pth", "legacy.pth"].map((name) =>
      readFile(join(FIXTURES, "weights", name))
    ),
  );
  const whole =
    (open: (path: string) => Promise<WeightFile>, change = (bytes: Uint8Array) => bytes) =>
    async (bytes: Uint8Array): Promise<void> => {
      await writeFile(path, change(bytes));
      const file = await open(path);
      try {
        for (const name of file.tensors.keys()) await file.read(name);
      } finally {
        await file.close();
      }
    };
  return [
    {
      name: "safetensors",
      corpus: [await readFile(sealed)],
      read: (bytes) => parseSafetensors(bytes, "fuzzed"),
      share: 6,
    },
    { name: ".npz", corpus: npz, read: whole(openNpz), share: 3 },
    {
      name: ".npz, array",
      corpus: [npy],
      read: whole(openNpz, (bytes) => zipOf({ "w.npy": bytes }, { packed: false })),
      share: 3,
    },
    { name: ".pth", corpus: torch, read: whole(openPytorch), share: 2 },
    {
      name: ".pth, checksums right",
      corpus: torch,
      read: whole(openPytorch, withZipChecksums),
      share: 2,
    },
    {
      name: ".pth, pickle",
      corpus: torch.slice(0, 2).map(pickleOf),
      async read(bytes) {
        await writeFile(path, zipOf({ "a/data.pkl": bytes }, { packed: false }));
        await (await openPytorch(path)).close(); // its storages are not there to be read
      },
      share: 3,
    },
    {
      name: "model.json",
      corpus: [encoder.encode(JSON.stringify(MODEL))],
      async read(bytes) {
        await writeFile(join(model, "model.json"), bytes);
        const file = await openTfjsWeights(model);
        for (const name of file.tensors.keys()) await file.read(name);
        await file.close();
      },
      share: 2,
    },
    {
      name: ".h5",
      corpus: [await smallH5(join(folder, "a.h5"))],
      read: whole(openKerasH5),
      share: 2,
    },
  ];
}

/** A tfjs Layers model of another program: one that carries no seal. */
const MODEL = {
  format: "layers-model",
  modelTopology: { class_name: "Model" },
  weightsManifest: [{
    paths: ["w.bin"],
    weights: [
      { name: "a/kernel", shape: [2, 3], dtype: "float32" },
      {
        name: "a/bias",
        shape: [4],
        dtype: "float32",
        quantization: { dtype: "uint8", min: -1, scale: 0.01, original_dtype: "float32" },
      },
    ],
  }],
};

async function texts(folder: string): Promise<Target[]> {
  const yaml = configToYaml(await loadConfig({ preset: "fixtures" }));
  const anchors = "preset: fixtures\nmodel: &a { width: 0.1 }\noptimizer: { lr: 1e-3 }\n";
  const list = join(folder, "fuzzed.txt");
  const classes = join(folder, "fuzzed.json");
  return [
    {
      name: "YAML config",
      corpus: [encoder.encode(yaml), encoder.encode(anchors)],
      read: (bytes) => loadConfig({ path: "fuzzed", yaml: new TextDecoder().decode(bytes) }),
      share: 1,
    },
    {
      name: "list file",
      corpus: [encoder.encode("a/b\nc\n../d\n/e\nf\\g\n")],
      read: async (bytes) => {
        await writeFile(list, bytes);
        return await readList(list);
      },
      share: 2,
    },
    {
      name: "classes file",
      corpus: [encoder.encode('{"classes":[{"name":"a","color":[0,1,2]},"b"],"ignore":255}')],
      read: async (bytes) => {
        await writeFile(classes, bytes);
        return await readClassesFile(classes);
      },
      share: 2,
    },
  ];
}

/** The pickle of an archive that `torch.save` wrote, which stores it as it is. */
function pickleOf(archive: Uint8Array): Uint8Array {
  const bytes = Buffer.from(archive);
  const begin = bytes.indexOf("\x80\x02", 0, "latin1");
  const end = bytes.indexOf("PK", begin, "latin1");
  return archive.subarray(begin, end);
}

/** A PNG whose chunks have the checksums of what they hold now: what lies behind that check. */
function withPngChecksums(bytes: Uint8Array): Uint8Array {
  const result = bytes.slice();
  const view = new DataView(result.buffer);
  for (let at = 8; at + 12 <= result.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > result.length) break;
    view.setUint32(end, crc32(result.subarray(at + 4, end)));
    at = end + 4;
  }
  return result;
}
