import fc from "fast-check";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { loadConfig } from "../../lib/config/mod.ts";
import { configToYaml } from "../../lib/config/to_yaml.ts";
import { decodeImage } from "../../lib/data/image/decode_image.ts";
import { decodeLabel } from "../../lib/data/image/decode_label.ts";
import { readMat } from "../../lib/data/mat.ts";
import { readClassesFile } from "../../lib/data/readers/_classes_file.ts";
import { readList } from "../../lib/data/readers/_listing.ts";
import { writeSafetensors } from "../../lib/weights/write_safetensors.ts";
import { parseSafetensors } from "../../lib/weights/safetensors.ts";

/** What a number of hostile inputs came to, reader by reader. */
export interface FuzzReport {
  seed: number;
  readers: Record<string, {
    inputs: number;
    accepted: number;
    /** The slowest input, in milliseconds. */
    slowestMs: number;
    /** Growth of the process's memory, in MiB. */
    grownMiB: number;
  }>;
  faults: string[];
}

/** A reader under fire, with files that it takes. */
interface Target {
  name: string;
  corpus: Uint8Array[];
  read(bytes: Uint8Array): Promise<unknown> | unknown;
  /** Share of the inputs: slow readers get fewer. */
  share: number;
}

/** Milliseconds after which a reader counts as hanging. */
const HANG = 5000;

/**
 * Feeds mutations of good files to every reader. A reader must take the input or throw an error of
 * the language's own classes with a message, within five seconds.
 */
export async function fuzz(options: { inputs: number; seed: number }): Promise<FuzzReport> {
  const { inputs, seed } = options;
  const folder = await mkdtemp(join(tmpdir(), "segadv-fuzz-"));
  const report: FuzzReport = { seed, readers: {}, faults: [] };
  try {
    const targets = await makeTargets(folder);
    const shares = targets.reduce((sum, { share }) => sum + share, 0);
    for (const target of targets) {
      await attack(target, { count: Math.ceil(inputs * target.share / shares), seed, report });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

async function attack(
  target: Target,
  options: { count: number; seed: number; report: FuzzReport },
): Promise<void> {
  const { count, seed, report } = options;
  const before = process.memoryUsage().rss;
  const figures = { inputs: 0, accepted: 0, slowestMs: 0, grownMiB: 0 };
  await fc.assert(
    fc.asyncProperty(mutations(target.corpus), async (bytes) => {
      const begun = performance.now();
      const fault = await faultOf(target, bytes);
      const ms = performance.now() - begun;
      figures.inputs++;
      if (fault === null) figures.accepted++;
      figures.slowestMs = Math.max(figures.slowestMs, Math.round(ms));
      const bad = ms > HANG ? `took ${ms.toFixed(0)} ms` : fault;
      if (bad === null || bad === "") return;
      if (report.faults.length < 20) {
        const input = btoa(String.fromCharCode(...bytes.subarray(0, 600)));
        report.faults.push(`${target.name}: ${bad} (${bytes.length} bytes, ${input})`);
      }
    }),
    { numRuns: count, seed },
  );
  figures.grownMiB = Math.max(0, Math.round((process.memoryUsage().rss - before) / 2 ** 20));
  report.readers[target.name] = figures;
}

/** `null`: taken; "": refused as it should be; else what is wrong with the refusal. */
async function faultOf(target: Target, bytes: Uint8Array): Promise<string | null> {
  try {
    await target.read(bytes);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) return `threw ${String(error)}`;
    const { name, message } = error;
    const ours = /^(Error|TypeError|RangeError|SyntaxError|ConfigError)$/.test(name);
    if (!ours) return `threw ${name}: ${message}`;
    if (name !== "ConfigError" && !/^Cannot |fuzzed/.test(message)) {
      return `threw a stray ${name}: ${message}`;
    }
    return "";
  }
}

/** One change; `place` is a share of the file's length. */
interface Edit {
  kind: string;
  place: number;
  value: number;
}

/** Numbers that sizes and counts go wrong at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Good files with bytes changed, cut out, put in, repeated, or edges of integers written over. */
function mutations(corpus: Uint8Array[]): fc.Arbitrary<Uint8Array> {
  // Without bias, as fast-check likes numbers near 0 best: all inputs would fail at their first byte
  const place = fc.noBias(fc.nat(2 ** 20 - 1)).map((n) => n / 2 ** 20);
  const edit = (kind: string, most: number): fc.Arbitrary<Edit> =>
    fc.record({ kind: fc.constant(kind), place, value: fc.nat(most) });
  const edits = fc.oneof(
    { arbitrary: edit("byte", 255), weight: 4 },
    { arbitrary: edit("bit", 7), weight: 4 },
    { arbitrary: edit("edge", EDGES.length * 2 - 1), weight: 3 },
    { arbitrary: edit("cut", 64), weight: 1 },
    { arbitrary: edit("repeat", 64), weight: 1 },
    { arbitrary: edit("end", 0), weight: 1 },
  );
  return fc.tuple(fc.nat(corpus.length - 1), fc.array(edits, { minLength: 1, maxLength: 3 }))
    .map(([index, edits]) => edits.reduce(apply, new Uint8Array(corpus[index]!)));
}

function apply(bytes: Uint8Array, { kind, place, value }: Edit): Uint8Array {
  // Most of what can go wrong stands in the first hundred bytes
  const at = Math.floor(
    place < 0.5 ? 2 * place * Math.min(100, bytes.length) : place * bytes.length,
  );
  const result = bytes.slice();
  if (kind === "end") return result.subarray(0, at);
  if (kind === "cut") return join2(result.subarray(0, at), result.subarray(at + value));
  if (kind === "repeat") return join2(result.subarray(0, at + value), result.subarray(at));
  if (at >= result.length) return result;
  if (kind === "byte") result[at] = value;
  if (kind === "bit") result[at]! ^= 1 << value;
  if (kind === "edge" && at + 4 <= result.length) {
    const view = new DataView(result.buffer, result.byteOffset);
    view.setUint32(at, EDGES[value % EDGES.length]!, value < EDGES.length);
  }
  return result;
}

function join2(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}

async function makeTargets(folder: string): Promise<Target[]> {
  const encoder = new TextEncoder();
  const file = "fuzzed";
  const fixtures = fileURLToPath(new URL("../../fixtures/VOCdevkit/VOC2012/", import.meta.url));
  const some = async (part: string): Promise<Uint8Array[]> => {
    const names = (await readdir(join(fixtures, part))).sort().slice(0, 4);
    return await Promise.all(names.map((name) => readFile(join(fixtures, part, name))));
  };
  const path = join(folder, "a.safetensors");
  await writeSafetensors(path, [
    { name: "w", dtype: "F32", shape: [2, 3], read: () => new Float32Array(6) },
    { name: "b", dtype: "U8", shape: [5], read: () => new Uint8Array(5) },
  ], { metadata: { made: "here" } });
  const yaml = configToYaml(await loadConfig({ preset: "fixtures" }));
  const anchors = "preset: fixtures\nmodel: &a { width: 0.1 }\ngenerator: { lr: 1e-3 }\n";
  const list = join(folder, "fuzzed.txt");
  const classes = join(folder, "fuzzed.json");
  return [
    {
      name: "PNG",
      corpus: await some("SegmentationClass"),
      read: (bytes) => decodeLabel(bytes, { file }),
      share: 3,
    },
    {
      name: "PNG, checksums right",
      corpus: await some("SegmentationClass"),
      read: (bytes) => decodeLabel(withChecksums(bytes), { file }),
      share: 3,
    },
    {
      name: "JPEG",
      corpus: await some("JPEGImages"),
      read: (bytes) => decodeImage(bytes, { file }),
      share: 4,
    },
    { name: ".mat", corpus: [smallMat()], read: (bytes) => readMat(bytes, { file }), share: 4 },
    {
      name: "safetensors",
      corpus: [await readFile(path)],
      read: (bytes) => parseSafetensors(bytes, file),
      share: 6,
    },
    {
      name: "YAML config",
      corpus: [encoder.encode(yaml), encoder.encode(anchors)],
      read: (bytes) => loadConfig({ path: file, yaml: new TextDecoder().decode(bytes) }),
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

/** A PNG whose chunks have the checksums of what they hold now: what lies behind that check. */
function withChecksums(bytes: Uint8Array): Uint8Array {
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

/** A MATLAB 5 file that holds one 2×2 matrix of bytes named `x`. */
function smallMat(): Uint8Array {
  const bytes = new Uint8Array(128 + 8 + 56);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("MATLAB 5.0 MAT-file".padEnd(124)));
  view.setUint16(124, 0x0100, true);
  view.setUint16(126, 0x4d49, true);
  const words = [14, 56, 6, 8, 9, 0, 5, 8, 2, 2, 0x10001, 0x78, 0x40002, 0x04030201, 0, 0];
  words.forEach((word, i) => view.setUint32(128 + 4 * i, word, true));
  return bytes;
}
