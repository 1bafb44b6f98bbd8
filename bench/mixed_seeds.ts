/**
 * What a precision costs in the end: runs of the preset `fixtures` in pairs of one seed, a line of
 * JSON a run, so that it may be stopped at any time and gone on with by the same command.
 *
 *     deno run -A bench/mixed_seeds.ts --seeds 8 --file runs/mixed_seeds.jsonl
 *         [--backend webgpu] [--steps 300] [--pictures 128] [--set key=value]…
 *
 * On WASM, which has no float16 storage, the other run of a pair is one in float32 whose initial
 * weights were rounded to float16 once: its difference is what any small difference grows into.
 */
import { existsSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  type BackendInfo,
  type BackendName,
  buildModel,
  loadConfig,
  tf,
  train,
  useBackend,
} from "@segadv/segadv";
import { datasetReaders } from "@segadv/segadv/data";
import { comparePaired, summarize } from "@segadv/segadv/sweep";
import { drawnFixtures } from "./drawn_fixtures.ts";
import { networkOverrides } from "./training_step.ts";

/** A run in float32, in mixed precision, or in float32 from initial weights that were rounded. */
export type Condition = "f32" | "mixed" | "rounded";

/** One run, as the file has it. */
export interface SeedRun {
  setting: string;
  seed: number;
  condition: Condition;
  steps: number;
  /** On the drawn pictures, 0..1. */
  mIoU: number;
  pAcc: number;
  seconds: number;
}

interface Plan {
  backend: BackendInfo;
  conditions: readonly [baseline: Condition, other: Condition];
  seeds: number;
  steps: number;
  overrides: string[];
  setting: string;
}

/** Small enough for a software adapter: an eighth of the preset's work, half its rate. */
const SETTING = [
  "adversarial.enabled=false",
  "data.crop=[32,32]",
  "model.width=0.0625",
  "optimizer.lr=0.005",
];

/** All runs of a plan, each as soon as it is done, but for those that `known` has. */
export async function* seedRuns(plan: Plan, known: readonly SeedRun[]): AsyncGenerator<SeedRun> {
  for (let seed = 1; seed <= plan.seeds; seed++) {
    for (const condition of plan.conditions) {
      const has = (run: SeedRun): boolean =>
        run.setting === plan.setting && run.seed === seed && run.condition === condition;
      if (!known.some(has)) yield await seedRun(plan, { seed, condition });
    }
  }
}

async function seedRun(
  plan: Plan,
  { seed, condition }: { seed: number; condition: Condition },
): Promise<SeedRun> {
  const { backend, steps, setting } = plan;
  const own = ["data.dataset=drawn-fixtures", "inference.batch=16", "validation.every=1000"]
    .concat(networkOverrides("fcn8s-vgg16"), "model.width=0.125", "optimizer.lr=0.01");
  const length = [`train.maxSteps=${steps}`, `train.epochs=${Math.ceil(steps / 12)}`];
  const run = [`seed=${seed}`, `backend=${backend.name}`];
  if (condition === "mixed") run.push("train.precision=mixed");
  const overrides = [...own, ...length, ...run, ...plan.overrides];
  const config = await loadConfig({ preset: "fixtures", overrides });
  const model = buildModel(config.model, { classes: 5, seed });
  if (condition === "rounded") await roundToFloat16(model.layers);
  const { last, seconds, ...result } = await train(config, { backend, model });
  model.layers.dispose();
  const { mIoU, pAcc } = last!;
  return { setting, seed, condition, steps: result.steps, mIoU: mIoU!, pAcc: pAcc!, seconds };
}

async function roundToFloat16(layers: tf.LayersModel): Promise<void> {
  const rounded = await Promise.all(
    layers.getWeights().map(async (weight) => {
      const values = await weight.data();
      return tf.tensor(Float32Array.from(values, Math.f16round), weight.shape);
    }),
  );
  layers.setWeights(rounded);
  tf.dispose(rounded);
}

/** What the pairs say, in points of mIoU; an unfinished pair does not count. */
export function describePairs(runs: readonly SeedRun[], conditions: Plan["conditions"]): string {
  const [first, second] = conditions;
  const score = (condition: Condition, seed: number): number | undefined =>
    runs.find((run) => run.condition === condition && run.seed === seed)?.mIoU;
  const seeds = [...new Set(runs.map((run) => run.seed))]
    .filter((seed) => score(first, seed) !== undefined && score(second, seed) !== undefined);
  if (seeds.length === 0) return "no pair yet";
  const points = (condition: Condition): number[] =>
    seeds.map((seed) => 100 * score(condition, seed)!);
  const [baseline, values] = [points(first), points(second)];
  const { n, mean, sd, interval } = comparePaired({ values, baseline });
  const of = (list: number[]): string => {
    const { mean, sd } = summarize(list);
    return `${mean.toFixed(2)} ± ${sd?.toFixed(2) ?? "?"}`;
  };
  const error = sd === null ? "?" : (sd / Math.sqrt(n)).toFixed(2);
  const range = interval?.map((end) => end.toFixed(2)).join(" to ") ?? "?";
  return `${n} pairs: ${first} ${of(baseline)}, ${second} ${of(values)} (sd between seeds); ` +
    `${second} − ${first} ${mean.toFixed(2)}, standard error ${error}, 95 % ${range}, ` +
    `sd of a pair ${sd?.toFixed(2) ?? "?"}`;
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      backend: { type: "string", default: "webgpu" },
      seeds: { type: "string", default: "8" },
      steps: { type: "string", default: "300" },
      pictures: { type: "string", default: "128" },
      file: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
    },
  });
  const { file } = values;
  const [seeds, steps, pictures] = [values.seeds, values.steps, values.pictures].map(Number);
  datasetReaders.register(drawnFixtures(pictures!));
  const overrides = [...SETTING, ...values.set];
  const setting = [`backend=${values.backend}`, `steps=${steps}`, `pictures=${pictures}`]
    .concat(overrides).join(" ");
  const text = file !== undefined && existsSync(file) ? await readFile(file, "utf8") : "";
  const runs = text.split("\n").filter((line) => line !== "")
    .map((line): SeedRun => JSON.parse(line)).filter((run) => run.setting === setting);
  const backend = await useBackend({ backend: values.backend as BackendName, threads: 1 });
  const conditions = ["f32", backend.name === "webgpu" ? "mixed" : "rounded"] as const;
  const plan = { backend, conditions, seeds: seeds!, steps: steps!, overrides, setting };
  for await (const run of seedRuns(plan, runs)) {
    runs.push(run);
    if (file !== undefined) await appendFile(file, JSON.stringify(run) + "\n");
    const { seed, condition, mIoU, seconds } = run;
    console.error(
      `seed ${seed} ${condition}: ${(100 * mIoU).toFixed(2)} in ${seconds.toFixed(0)} s`,
    );
  }
  await backend.dispose();
  console.log(`${setting}\n${describePairs(runs, conditions)}`);
}

if (import.meta.main) await main(process.argv.slice(2));
