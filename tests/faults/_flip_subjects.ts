import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeLabel } from "../../lib/data/codecs/decode.ts";
import { readMat } from "../../lib/data/codecs/mat.ts";
import { openCheckpoint } from "../../lib/train/run/checkpoint.ts";
import { train } from "../../lib/train/run/train.ts";
import { weightsSha256 } from "../../lib/weights/hash.ts";
import { openWeightFile } from "../../lib/weights/formats/open_weight_file.ts";
import { loadSegmentationModel } from "../../lib/models/persistence/saved_model.ts";
import { writeSafetensors } from "../../lib/weights/formats/write_safetensors.ts";
import { smallMat, smallNpy, zipOf } from "./small_files.ts";
import { subjectConfig } from "./subject.ts";

/** A file to be damaged, and how to load it: to a text that says all that was loaded. */
export interface Subject {
  path: string;
  load(): Promise<string>;
}

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

/** A file of each kind that has a checksum: of a run, weights of every provenance, label maps. */
export async function flipSubjects(folder: string): Promise<Subject[]> {
  const out = join(folder, "run");
  await train(await subjectConfig("threads=1", "model.width=0.01", "train.maxSteps=1"), { out });
  const [checkpoint] = await readdir(join(out, "checkpoint"));
  const names = await readdir(join(out, "model"));
  return [
    checkpointSubject(join(out, "checkpoint", checkpoint!)),
    ...names.map((name) => ({
      path: join(out, "model", name),
      load: () => loadedModel(join(out, "model")),
    })),
    ...await weightSubjects(folder),
    ...await labelSubjects(folder),
  ];
}

function checkpointSubject(path: string): Subject {
  return {
    path,
    async load() {
      const { state, provenance, close } = await openCheckpoint(path);
      await close();
      return JSON.stringify([state, provenance]); // its tensors lie under the same hash
    },
  };
}

async function loadedModel(folder: string): Promise<string> {
  const { model, ...metadata } = await loadSegmentationModel(folder);
  const sha = await weightsSha256(model.layers);
  model.layers.dispose();
  return sha + JSON.stringify(metadata);
}

async function weightSubjects(folder: string): Promise<Subject[]> {
  const [npz, pth, safe] = ["w.npz", "w.pth", "w.safetensors"].map((name) => join(folder, name));
  const npy = smallNpy();
  await writeFile(npz!, zipOf({ "w.npy": npy, "b.npy": npy }, { packed: true }));
  await writeFile(pth!, await readFile(join(FIXTURES, "weights/vgg16.pth")));
  const read = (): Float32Array => Float32Array.from({ length: 50 }, Math.sin);
  await writeSafetensors(safe!, [{ name: "w", dtype: "F32", shape: [5, 10], read }]);
  return [npz!, pth!, safe!].map((path) => ({ path, load: () => loadedWeights(path) }));
}

async function loadedWeights(path: string): Promise<string> {
  const file = await openWeightFile(path);
  try {
    const hash = createHash("sha256");
    for (const [name, { shape }] of [...file.tensors].sort(([a], [b]) => a < b ? -1 : 1)) {
      hash.update(`${name} ${shape}`).update(new Uint8Array((await file.read(name)).buffer));
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

async function labelSubjects(folder: string): Promise<Subject[]> {
  const [png, mat] = ["label.png", "label.mat"].map((name) => join(folder, name));
  const fixture = join(FIXTURES, "VOCdevkit/VOC2012/SegmentationClass/shapes_00.png");
  await writeFile(png!, await readFile(fixture));
  await writeFile(mat!, smallMat({ packed: true }));
  return [
    {
      path: png!,
      async load() {
        return decodeLabel(await readFile(png!), { file: basename(png!) }).data.join();
      },
    },
    {
      path: mat!,
      async load() {
        const value = readMat(await readFile(mat!), { file: basename(mat!) }).get("x");
        if (value?.kind !== "numbers") throw new TypeError("Cannot find x");
        return `${value.dims}: ${value.data}`;
      },
    },
  ];
}
