import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeLabel } from "../../lib/data/image/decode_label.ts";
import { randomStream } from "../../lib/runtime/random.ts";
import { openCheckpoint } from "../../lib/train/checkpoint.ts";
import { train } from "../../lib/train/train.ts";
import { weightsSha256 } from "../../lib/weights/hash.ts";
import { loadSegmentationModel } from "../../lib/weights/tfjs_format.ts";
import { victimConfig } from "./victim.ts";

/** What a number of damaged files came to. */
export interface FlipReport {
  seed: number;
  files: number;
  refused: number;
  /** Files that loaded, to exactly what the intact file holds. */
  harmless: number;
  /** Files that loaded to something else. */
  wrong: string[];
}

/** A file to be damaged, and how to load it: to a text that says all that was loaded. */
interface Subject {
  path: string;
  load(): Promise<string>;
}

/**
 * Flips one bit of a file, or cuts it short, and loads it; `count` times, over a checkpoint, a saved
 * network's two files and a label map.
 */
export async function flipBits(options: { count: number; seed: number }): Promise<FlipReport> {
  const { count, seed } = options;
  const random = randomStream(seed, "flip");
  const report: FlipReport = { seed, files: 0, refused: 0, harmless: 0, wrong: [] };
  const folder = await mkdtemp(join(tmpdir(), "segadv-flip-"));
  try {
    const subjects = await makeSubjects(folder);
    for (; report.files < count; report.files++) {
      const subject = subjects[report.files % subjects.length]!;
      const intact = new Uint8Array(await readFile(subject.path)); // a Buffer's slices are views
      const expected = await subject.load();
      const { bytes, what } = damage(intact, random);
      await writeFile(subject.path, bytes);
      const loaded = await subject.load().catch(() => null);
      if (loaded === null) report.refused++;
      else if (loaded === expected) report.harmless++;
      else report.wrong.push(`${subject.path}: ${what}`);
      await writeFile(subject.path, intact);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

async function makeSubjects(folder: string): Promise<Subject[]> {
  const out = join(folder, "run");
  await train(await victimConfig("threads=1", "model.width=0.01", "train.maxSteps=1"), { out });
  const [checkpoint] = await readdir(join(out, "checkpoint"));
  const path = join(out, "checkpoint", checkpoint!);
  const model = join(out, "model");
  const names = await readdir(model);
  const loadModel = async (): Promise<string> => {
    const { model: loaded, ...metadata } = await loadSegmentationModel(model);
    const sha = await weightsSha256(loaded.layers);
    loaded.layers.dispose();
    return sha + JSON.stringify(metadata);
  };
  const label = join(folder, "label.png");
  const fixture = new URL(
    "../../fixtures/VOCdevkit/VOC2012/SegmentationClass/shapes_00.png",
    import.meta.url,
  );
  await writeFile(label, await readFile(fixture));
  return [
    {
      path,
      async load() {
        const { state, origin, close } = await openCheckpoint(path);
        await close();
        return JSON.stringify([state, origin]); // its tensors lie under the same hash
      },
    },
    ...names.map((name) => ({ path: join(model, name), load: loadModel })),
    {
      path: label,
      async load() {
        const { data } = decodeLabel(await readFile(label), { file: label });
        return data.join();
      },
    },
  ];
}

function damage(
  intact: Uint8Array,
  random: ReturnType<typeof randomStream>,
): { bytes: Uint8Array; what: string } {
  if (random.integer(4) === 0) {
    const length = random.integer(intact.length);
    return { bytes: intact.slice(0, length), what: `cut to ${length} bytes` };
  }
  const bit = random.integer(intact.length * 8);
  const bytes = intact.slice();
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return { bytes, what: `bit ${bit} flipped` };
}
