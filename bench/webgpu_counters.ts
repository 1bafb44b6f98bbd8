/**
 * Counters of training steps on WebGPU, the engine's beside stock TensorFlow.js's: what they say
 * does not depend on the adapter. Alone, at the thesis' full size on a WebGPU that computes
 * nothing: `deno run -A bench/webgpu_counters.ts [--json]`.
 */
import process from "node:process";
import type { Row } from "./row.ts";
import { countingGpu, type GpuCounts } from "./counting_gpu.ts";
import { dryGpu } from "./dry_gpu.ts";
import {
  bottleneckStep,
  ownStep,
  type Step,
  type StepOptions,
  stockStep,
} from "./training_step.ts";
import { type BackendKind, openBackend } from "./webgpu_backends.ts";

/** What one step costs, and the most bytes of all steps so far. */
export type StepCounts = Pick<GpuCounts, "dispatches" | "uploadBytes" | "submits" | "peakBytes">;

type Make = (backend: BackendKind) => Step | Promise<Step>;

/** The thesis' size. */
const FULL: Size = { width: 1, size: 416, batch: 16 };
/** What a software adapter computes in seconds. Maps of the classes shrink like all others. */
const SMALL: Size = { width: 1 / 8, size: 128, batch: 2, classes: 3 };
/** Steps before the one that counts: they fill the pools. */
const WARM_UP = 2;
/** Number of weights of width 1 over width 1/8: what does not grow with the batch grows with it. */
const WEIGHTS = 64;

type Size = Pick<StepOptions, "width" | "size" | "batch" | "classes" | "precision">;

const NETWORKS = { fcn8s: "fcn8s-vgg16", resnet50: "resnet50" } as const;

/**
 * Steps that are really computed on `gpu`, at width 1/8 and 128×128 pixels: launches, uploads
 * beyond the batch, and peaks with what they say of width 1, 416×416, batch 16.
 */
export async function counterRows(gpu: GPU): Promise<Row[]> {
  const real = () => countingGpu(gpu);
  const rows = [
    launches("bottleneck", {
      own: await count("own", { open: real, make: bottleneckStep }),
      stock: await count("stock", { open: real, make: bottleneckStep }),
    }),
  ];
  const uploads = { own: 0, stock: 0 };
  for (const [short, network] of Object.entries(NETWORKS)) {
    const on = async (backend: BackendKind, batch: number): Promise<StepCounts> =>
      await count(backend, { open: real, make: networkStep({ network, ...SMALL, batch }) });
    const two = { own: await on("own", 2), stock: await on("stock", 2) };
    const four = { own: await on("own", 4), stock: await on("stock", 4) };
    rows.push(launches(short, two));
    rows.push(
      peaks(short, { own: [two.own, four.own], stock: [two.stock, four.stock] }),
    );
    const mixed = (batch: number): Make =>
      networkStep({ network, ...SMALL, batch, precision: "mixed" });
    const float16 = [
      await count("own", { open: real, make: mixed(2) }),
      await count("own", { open: real, make: mixed(4) }),
    ] as const;
    rows.push(launches(`${short}-mixed`, { own: float16[0], stock: two.stock }));
    rows.push(peaks(`${short}-mixed`, { own: float16, stock: [two.stock, four.stock] }));
    for (const backend of ["own", "stock"] as const) {
      uploads[backend] = Math.max(uploads[backend], four[backend].uploadBytes);
    }
  }
  return [...rows, ratio("uploads-bytes/step", "bytes", uploads)];
}

/** The same counts at the thesis' size, on a WebGPU that computes nothing. */
export async function fullSizeRows(): Promise<Row[]> {
  const rows: Row[] = [];
  const subjects: Record<string, Make> = { bottleneck: bottleneckStep };
  for (const [short, network] of Object.entries(NETWORKS)) {
    subjects[short] = networkStep({ network, ...FULL });
    subjects[`${short}-mixed`] = networkStep({ network, ...FULL, precision: "mixed" });
  }
  for (const [short, make] of Object.entries(subjects)) {
    const own = await count("own", { open: dryGpu, make });
    const stock = await count("stock", { open: dryGpu, make });
    const row = (figure: string, unit: Row["unit"], key: keyof StepCounts): Row =>
      ratio(`full-size/${figure}/${short}`, unit, { own: own[key], stock: stock[key] });
    rows.push(
      row("dispatches", "launches", "dispatches"),
      row("uploads-bytes", "bytes", "uploadBytes"),
      row("peak-bytes", "bytes", "peakBytes"),
    );
  }
  return rows;
}

/** Counts the third step: the first two fill the pools. Peak bytes are those of all three. */
export async function count(
  name: BackendKind,
  { open, make }: { open: () => ReturnType<typeof countingGpu>; make: Make },
): Promise<StepCounts> {
  const { gpu, counts } = open();
  const backend = await openBackend(name, gpu);
  const step = await make(name);
  try {
    for (let i = 0; i < WARM_UP; i++) {
      step.run();
      await backend.finish();
    }
    const before = { ...counts };
    step.run();
    await backend.finish();
    return {
      dispatches: counts.dispatches - before.dispatches,
      submits: counts.submits - before.submits,
      uploadBytes: counts.uploadBytes - before.uploadBytes,
      peakBytes: counts.peakBytes,
    };
  } finally {
    step.dispose();
    backend.close();
  }
}

/** A step of a network without a discriminator. */
export function networkStep(options: { network: string } & Size): Make {
  const whole: StepOptions = { ...options, adversarial: false };
  return (backend) => backend === "own" ? ownStep(whole) : stockStep(whole);
}

/** A step as one launches it: what is in the batch is there before. */
function launches(short: string, counts: Record<BackendKind, StepCounts>): Row {
  const { own, stock } = counts;
  return ratio(`dispatches/${short}-step`, "launches", {
    own: own.dispatches,
    stock: stock.dispatches,
  });
}

function ratio(name: string, unit: Row["unit"], of: Record<BackendKind, number>): Row {
  return { name, unit, value: of.own, baseline: of.stock, ratio: of.stock / Math.max(1, of.own) };
}

/** Peaks at batch 4, with what they and those at batch 2 say of the thesis' size. */
function peaks(short: string, of: Record<BackendKind, readonly [StepCounts, StepCounts]>): Row {
  const [two, four] = [0, 1].map((i) => ({
    own: of.own[i]!.peakBytes,
    stock: of.stock[i]!.peakBytes,
  })) as [Record<BackendKind, number>, Record<BackendKind, number>];
  return {
    ...ratio(`peak-bytes/${short}`, "bytes", four),
    extrapolated: {
      value: extrapolate(two.own, four.own),
      baseline: extrapolate(two.stock, four.stock),
    },
  };
}

/** From the peaks at batch 2 and 4 to the thesis' size: pixels × width, and weights. */
function extrapolate(two: number, four: number): number {
  const perImage = (four - two) / 2;
  const pixels = (FULL.size / SMALL.size) ** 2 * (FULL.width / SMALL.width);
  return perImage * pixels * FULL.batch + Math.max(0, two - 2 * perImage) * WEIGHTS;
}

if (import.meta.main) {
  const results = await fullSizeRows();
  if (process.argv.includes("--json")) console.log(JSON.stringify({ suite: "webgpu", results }));
  else {
    for (const { name, unit, value, baseline, ratio } of results) {
      const [own, stock] = [value, baseline].map((n) => n.toLocaleString("en"));
      console.log(`${name.padEnd(34)} ${own} ${unit}, stock ${stock}, ratio ${ratio.toFixed(2)}`);
    }
  }
}
