/**
 * Rows of the suite `data`: decoding and augmenting against PyTorch's DataLoader, and the share of a
 * training step that waits for data. Alone: `deno run -A bench/data_suite.ts DATA [ROW]`,
 * where ROW begins the names of the rows to time.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { defaultConfig, loadConfig } from "../lib/config/mod.ts";
import type { FilePair } from "../lib/data/readers/pair_dataset.ts";
import { openDataset } from "../lib/data/registry.ts";
import { openTrainLoader } from "../lib/data/loader/train_loader.ts";
import { train } from "../lib/train/run/train.ts";
import type { Row } from "./row.ts";
import { cityscapesPairs, repeated, vocPairs } from "./data_files.ts";
import { type Timed, timeInterleaved } from "./interleaved.ts";

/** Debian's interpreter: python3-torchvision is installed for that one. */
const PYTHON = "/usr/bin/python3";
const PIPELINES = ["torchvision", "warp"] as const;
const BATCH = 8;
const CROP: [number, number] = [416, 416];

const WAITING = "wait/camvid-small";

/** A row per image. */
export interface DataRow extends Row {
  /** The same as rates. */
  imagesPerSecond?: { value: number; baseline: number };
}

/** What is loaded, and how many samples make an epoch. */
const SOURCES = [
  { kind: "jpeg", reader: "bench-voc", pairs: vocPairs, samples: 80 },
  { kind: "png", reader: "bench-cityscapes", pairs: cityscapesPairs, samples: 16 },
] as const;

/**
 * All rows; `log` gets each when it is measured, and why some are left out.
 *
 * @param data Folder with `formats/voc`, `formats/cityscapes` and `camvid-small`.
 * @param options With `only`, rows of which the names begin so.
 */
export async function dataRows(
  data: string,
  { log, only = "" }: { log: (text: string) => void; only?: string },
): Promise<DataRow[]> {
  const rows: DataRow[] = [];
  const add = (row: DataRow): void => {
    rows.push(row);
    log(describeDataRow(row));
  };
  const torch = missingTorchvision();
  for (const source of SOURCES) {
    const pairs = source.pairs(data);
    const reason = pairs.length === 0 ? `no such files in "${data}" (give --data DIR)` : torch;
    if (reason !== null) {
      log(`load-${source.kind}-*/* left out: ${reason}`);
      continue;
    }
    for (const workers of [1, 2]) {
      for (const pipeline of PIPELINES) {
        const name = `load-${source.kind}-${workers}/${pipeline}`;
        if (!name.startsWith(only)) continue;
        add(await loadingRow(name, { data, source, workers, pipeline }));
      }
    }
  }
  if (!WAITING.startsWith(only)) return rows;
  const camvid = join(data, "camvid-small");
  if (existsSync(camvid)) add(await waitingRow(camvid));
  else log(`${WAITING} left out: there is no "${camvid}" (give --data DIR)`);
  return rows;
}

function missingTorchvision(): string | null {
  const { status } = spawnSync(PYTHON, ["-c", "import torch, torchvision"], { stdio: "ignore" });
  const remedy = "Debian: apt-get install python3-torch python3-torchvision";
  return status === 0 ? null : `PyTorch with torchvision is not installed (${remedy})`;
}

interface Loading {
  data: string;
  source: typeof SOURCES[number];
  workers: number;
  pipeline: typeof PIPELINES[number];
}

async function loadingRow(
  name: string,
  { data, source, workers, pipeline }: Loading,
): Promise<DataRow> {
  const { reader, samples } = source;
  const dataset = await openDataset(reader, { dir: data, split: String(samples) });
  const config = { ...defaultConfig().data, crop: CROP, batch: BATCH, cacheMiB: 0, workers };
  const loader = openTrainLoader({ dataset, config, seed: 1 });
  const torch = startTorch(repeated(source.pairs(data), samples), { workers, pipeline });
  let epoch = 0;
  const value = async (): Promise<number> => {
    const start = performance.now();
    for await (const _ of loader.batches({ epoch }));
    epoch++;
    return performance.now() - start;
  };
  try {
    const row = await timeInterleaved(name, { value, baseline: torch.run }, { rounds: 3 });
    return perImage(row, samples - samples % BATCH);
  } finally {
    await loader.close();
    await torch.stop();
  }
}

function perImage(row: Row, images: number): DataRow {
  const [value, baseline] = [row.value / images, row.baseline / images];
  const imagesPerSecond = { value: 1000 / value, baseline: 1000 / baseline };
  return { ...row, value, baseline, imagesPerSecond };
}

function startTorch(
  pairs: FilePair[],
  { workers, pipeline }: { workers: number; pipeline: string },
): { run: Timed; stop(): Promise<void> } {
  const program = fileURLToPath(new URL("./pytorch_loader.py", import.meta.url));
  const args = [program, pipeline, workers, BATCH, ...CROP].map(String);
  const child = spawn(PYTHON, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write(`${JSON.stringify(pairs.map(({ image, label }) => [image, label]))}\n`);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async () => {
      child.stdin.write("\n");
      const { value, done } = await lines.next();
      if (done) throw new Error(`pytorch_loader.py ended while it timed ${pipeline}`);
      return Number(value);
    },
    stop: async () => {
      const ended = once(child, "close");
      child.stdin.end();
      await ended;
    },
  };
}

/** What a step of the preset `camvid-small` on WASM waits for data (value), and takes (baseline). */
async function waitingRow(dir: string): Promise<DataRow> {
  const overrides = {
    "data.dir": dir,
    backend: "wasm",
    "train.maxSteps": 16,
    "checkpoint.keep": 0,
  };
  const config = await loadConfig({ preset: "camvid-small", overrides });
  let [wait, total, steps] = [0, 0, 0];
  await train({ ...config, validation: { ...config.validation, every: 1000 } }, {
    onEvent(event) {
      if (event.type !== "step" || event.step === 1) return;
      const milliseconds = config.data.batch * 1000 / event.imagesPerSecond;
      wait += milliseconds * event.dataShare;
      total += milliseconds;
      steps++;
    },
  });
  const [value, baseline] = [wait / steps, total / steps];
  return { name: WAITING, unit: "ms", value, baseline, ratio: baseline / value };
}

/** One line for each row. */
export function describeDataRow(row: DataRow): string {
  const { name, value, baseline, ratio, imagesPerSecond } = row;
  if (imagesPerSecond === undefined) {
    const share = (100 / ratio).toFixed(2);
    return `${name.padEnd(28)} ${value.toFixed(2)} ms of ${baseline.toFixed(1)} ms, ${share} %`;
  }
  const rates = `${imagesPerSecond.value.toFixed(1)} images/s, baseline ` +
    `${imagesPerSecond.baseline.toFixed(1)} images/s`;
  return `${name.padEnd(28)} ${rates}, ratio ${ratio.toFixed(2)}`;
}

if (import.meta.main) {
  const [data = "../shared/data", only = ""] = process.argv.slice(2);
  await dataRows(data, { log: (text) => console.log(text), only });
}
