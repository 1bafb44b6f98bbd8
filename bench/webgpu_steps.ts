/** Whole training steps at the thesis' size, for real adapters. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, type Row } from "./row.ts";
import { ownStep, type Step, type StepOptions, stockStep } from "./training_step.ts";
import { type BackendKind, openBackend } from "./webgpu_backends.ts";

type Mode = "supervised" | "adversarial";

/** Milliseconds of a step on the thesis' RTX 2070 Super (Table 4-8, VOC2012). */
const THESIS: Record<string, Record<Mode, number>> = {
  "fcn8s-vgg16": { supervised: 620, adversarial: 840 },
  resnet50: { supervised: 240, adversarial: 370 },
};
const SIZE = 416;
const BATCH = 16;
const STEPS = 5;
const PYTHON = "python3";

/**
 * Steps of both networks with and without a discriminator: against the thesis' figures, PyTorch on the same card and
 * stock TensorFlow.js. What cannot be measured is logged and left out.
 */
export async function stepRows(gpu: GPU, log: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const noTorch = missingCuda();
  if (noTorch !== null) log(`step-*/pytorch left out: ${noTorch}`);
  for (const [network, times] of Object.entries(THESIS)) {
    for (const mode of ["supervised", "adversarial"] satisfies Mode[]) {
      const adversarial = mode === "adversarial";
      for (const precision of ["f32", "mixed"] satisfies Precision[]) {
        const options: StepOptions = { network, adversarial, ...SHAPE, precision };
        const name = `step-${network.replace("-vgg16", "")}-${mode}-${precision}`;
        const value = await attempt(name, () => timeBackend("own", { gpu, options }), log);
        if (value === null) continue;
        const against = (what: string, baseline: number | null): void => {
          if (baseline === null) return;
          rows.push({
            name: `${name}/${what}`,
            unit: "ms",
            value,
            baseline,
            ratio: baseline / value,
          });
        };
        against("thesis", times[mode]);
        if (noTorch === null) {
          const run = () => Promise.resolve(timeTorch(options));
          against("pytorch", await attempt(`${name}/pytorch`, run, log));
        }
        if (!adversarial && precision === "f32") {
          const run = () => timeBackend("stock", { gpu, options });
          against("stock", await attempt(`${name}/stock`, run, log));
        }
      }
    }
  }
  return rows;
}

type Precision = NonNullable<StepOptions["precision"]>;

const SHAPE = { width: 1, size: SIZE, batch: BATCH, random: true };

/** Why there is no PyTorch on a GPU, or `null`. */
export function missingCuda(): string | null {
  const program = "import sys, torch; sys.exit(not torch.cuda.is_available())";
  const { status, error } = spawnSync(PYTHON, ["-c", program], { stdio: "ignore" });
  if (error !== undefined) return `there is no ${PYTHON}`;
  return status === 0 ? null : `${PYTHON} has no torch, or torch finds no CUDA device`;
}

/** A card may be too small for one backend. */
async function attempt(
  name: string,
  run: () => Promise<number>,
  log: (text: string) => void,
): Promise<number | null> {
  try {
    return await run();
  } catch (error) {
    log(`${name} left out: ${(error as Error).message}`);
    return null;
  }
}

async function timeBackend(
  name: BackendKind,
  { gpu, options }: { gpu: GPU; options: StepOptions },
): Promise<number> {
  const backend = await openBackend(name, gpu);
  let step: Step | null = null;
  try {
    step = await (name === "own" ? ownStep(options) : stockStep(options));
    const times: number[] = [];
    for (let i = 0; i < STEPS + 2; i++) {
      const start = performance.now();
      step.run();
      await backend.finish();
      if (i >= 2) times.push(performance.now() - start);
    }
    return median(times);
  } finally {
    step?.dispose();
    backend.close();
  }
}

function timeTorch({ network, adversarial, precision = "f32", size, batch }: StepOptions): number {
  const program = fileURLToPath(new URL("./webgpu_pytorch.py", import.meta.url));
  const args = [
    program,
    network,
    adversarial ? "adversarial" : "supervised",
    precision,
    size,
    batch,
    STEPS,
  ].map(String);
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1) ?? "python3 failed");
  return median(stdout.trim().split("\n").map(Number));
}
