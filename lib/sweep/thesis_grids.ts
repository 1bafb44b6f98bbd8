/**
 * The tables of the thesis as sweeps, with the numbers it published.
 *
 * @module
 */
import type { Grid, GridTrial, Published, PublishedCost, Setting } from "./grid.ts";

/** A sweep that comes with the toolkit. */
export interface GridPreset {
  name: string;
  /** One line for listings. */
  summary: string;
  grid: Grid;
}

/** A row of the thesis' tables. */
type RowName =
  | "λ = 0"
  | "λ = 1e-4"
  | "λ = 2e-4"
  | "λ = 5e-4"
  | "Adversarial"
  | "T_d = 0.5"
  | "T_d = 2"
  | "T_g = 0.5"
  | "T_g = 2";

/** A network on a data set, with the published pAcc/mIoU of each row. */
interface Study {
  name: string;
  title: string;
  /** λ of the network's own paper, the thesis' "Baseline". */
  baseline: RowName;
  /** The thesis' "Best L2". */
  best: RowName;
  /** Minutes per epoch on an RTX 2070 Super, and millions of parameters (Table 4-8). */
  cost: { without: number; with: number; segmentation: number; discriminator: number };
  published: Record<RowName, [pAcc: number, mIoU: number]>;
}

const ROWS: readonly RowName[] = [
  "λ = 0",
  "λ = 1e-4",
  "λ = 2e-4",
  "λ = 5e-4",
  "Adversarial",
  "T_d = 0.5",
  "T_d = 2",
  "T_g = 0.5",
  "T_g = 2",
];

const LAMBDAS: Partial<Record<RowName, number>> = {
  "λ = 0": 0,
  "λ = 1e-4": 1e-4,
  "λ = 2e-4": 2e-4,
  "λ = 5e-4": 5e-4,
};

const STUDIES: readonly Study[] = [
  {
    name: "fcn8s-voc",
    title: "FCN-8s-VGG16 on VOC2012",
    baseline: "λ = 5e-4",
    best: "λ = 0",
    cost: { without: 6.8, with: 9.2, segmentation: 134.5, discriminator: 2.79 },
    published: rows(
      "92.82/69.26 92.72/69.02 92.78/68.94 92.51/68.14 92.83/69.33 92.79/69.10 " +
        "92.78/69.36 92.90/69.82 92.72/68.96",
    ),
  },
  {
    name: "fcn8s-cityscapes",
    title: "FCN-8s-VGG16 on CityScapes",
    baseline: "λ = 5e-4",
    best: "λ = 0",
    cost: { without: 3.5, with: 4.5, segmentation: 134.4, discriminator: 2.78 },
    published: rows(
      "94.31/67.03 94.30/66.94 94.31/66.88 94.10/65.52 94.32/67.30 94.29/67.36 " +
        "94.30/67.10 94.36/67.42 94.28/67.38",
    ),
  },
  {
    name: "resnet50-voc",
    title: "ResNet-50 on VOC2012",
    baseline: "λ = 1e-4",
    best: "λ = 0",
    cost: { without: 2.6, with: 4.1, segmentation: 23.6, discriminator: 2.79 },
    published: rows(
      "90.62/61.97 90.60/61.88 90.59/61.71 90.69/61.94 90.68/62.03 90.68/61.86 " +
        "90.74/62.37 90.88/62.54 90.52/61.72",
    ),
  },
  {
    name: "resnet50-cityscapes",
    title: "ResNet-50 on CityScapes",
    baseline: "λ = 1e-4",
    best: "λ = 5e-4",
    cost: { without: 2.6, with: 3, segmentation: 23.6, discriminator: 2.78 },
    published: rows(
      "92.50/58.57 92.47/58.57 92.74/59.44 92.85/60.35 92.83/60.16 92.64/59.35 " +
        "92.83/60.17 93.02/60.75 92.70/60.22",
    ),
  },
];

/** Pools of §4.1 from which the thesis chose. */
const POOLS: readonly { name: string; key: string; values: number[]; about: string }[] = [
  {
    name: "alpha",
    key: "adversarial.weight",
    values: [0.01, 0.02, 0.05, 0.1, 0.2],
    about: "weight of L_G",
  },
  {
    name: "lr",
    key: "optimizer.lr",
    values: [1e-3, 2e-3, 5e-3, 1e-2],
    about: "learning rate of G",
  },
  {
    name: "lr-d",
    key: "adversarial.discriminator.lr",
    values: [2e-8, 5e-8, 1e-7, 2e-7, 1e-4],
    about: "learning rate of D, and one that moves it",
  },
];

/** Seeds unless asked for otherwise: the fewest whose exact test can reach 5 %. */
const SEEDS = [1, 2, 3, 4, 5, 6];

/**
 * Every sweep by name: `table-4-2-fcn8s-voc`, `all-resnet50-cityscapes`, `pool-alpha-fcn8s-voc`, …
 *
 * @example
 * ```ts
 * import { planSweep, thesisGrids } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * const { grid } = thesisGrids.get("table-4-4-fcn8s-cityscapes")!;
 * const ours = grid.trials.find(({ name }) => name === "T_g = 0.5")!;
 * assert.equal(ours.published!.mIoU, 67.42);
 * ```
 */
export const thesisGrids: ReadonlyMap<string, GridPreset> = new Map(
  STUDIES.flatMap(gridsOf).map((preset) => [preset.name, preset]),
);

function gridsOf(study: Study): GridPreset[] {
  const { name, title, baseline, best } = study;
  const isFcn = name.startsWith("fcn8s");
  const lambdas = ROWS.filter((row) => LAMBDAS[row] !== undefined && row !== baseline);
  const table = (label: string, of: string, trials: RowName[]): GridPreset => ({
    name: `${label}-${name}`,
    summary: `${of}: ${title}`,
    grid: gridOf(study, { name: `${label}-${name}`, trials: trials.map((r) => trialOf(study, r)) }),
  });
  const td: RowName[] = [best, "Adversarial", "T_d = 0.5", "T_d = 2"];
  const tg: RowName[] = [best, "Adversarial", "T_g = 0.5", "T_g = 2"];
  const everything = ROWS.filter((row) => row !== baseline);
  return [
    table(isFcn ? "table-4-2" : "table-4-5", `λ pool, Table ${isFcn ? "4-2" : "4-5"}`, lambdas),
    table(isFcn ? "table-4-3" : "table-4-6", `T_d, Table ${isFcn ? "4-3" : "4-6"}`, td),
    table(isFcn ? "table-4-4" : "table-4-7", `T_g, Table ${isFcn ? "4-4" : "4-7"}`, tg),
    costOf(study),
    table("table-4-9", "baseline against T_g = 0.5, Table 4-9", ["T_g = 0.5"]),
    table("all", "every row of the thesis", everything),
    ...POOLS.map((pool) => poolOf(study, pool)),
  ];
}

function costOf(study: Study): GridPreset {
  const name = `table-4-8-${study.name}`;
  const { without, with: with_, segmentation, discriminator } = study.cost;
  const epoch = [setting("train.epochs", 1), setting("schedule.warmupEpochs", 0)];
  const trial = (
    label: string,
    { enabled }: { enabled: boolean },
    publishedCost: PublishedCost,
  ): GridTrial => ({
    name: label,
    settings: [...adversarial({ enabled, tg: 1, td: 1 }), ...epoch],
    publishedCost,
    where: null,
  });
  const cost = (minutesPerEpoch: number, d: number): PublishedCost => ({
    minutesPerEpoch,
    segmentation: segmentation * 1e6,
    discriminator: d * 1e6,
  });
  const withD = trial("with D", { enabled: true }, cost(with_, discriminator));
  const grid = gridOf(study, { name, trials: [withD] });
  return {
    name,
    summary: `parameters and minutes per epoch with and without D, Table 4-8: ${study.title}`,
    grid: {
      ...grid,
      seeds: [1],
      baseline: trial("without D", { enabled: false }, cost(without, 0)),
    },
  };
}

function poolOf(study: Study, pool: typeof POOLS[number]): GridPreset {
  const name = `pool-${pool.name}-${study.name}`;
  const trials = pool.values.map((value) => {
    const { settings } = trialOf(study, "T_g = 0.5");
    const all = [...settings, setting(pool.key, value)];
    return { name: `${pool.key} = ${value}`, settings: all, where: null };
  });
  return {
    name,
    summary: `${pool.about}, pool of §4.1: ${study.title}`,
    grid: { ...gridOf(study, { name, trials }), baseline: trialOf(study, study.best) },
  };
}

function gridOf(study: Study, { name, trials }: { name: string; trials: GridTrial[] }): Grid {
  const { baseline } = study;
  return {
    name,
    preset: `thesis-${study.name}`,
    config: null,
    set: [],
    seeds: SEEDS,
    axes: [],
    trials,
    baseline: { ...trialOf(study, baseline), name: baseline },
    score: "last",
  };
}

function trialOf(study: Study, row: RowName): GridTrial {
  const [pAcc, mIoU] = study.published[row];
  const published: Published = { pAcc, mIoU };
  const lambda = LAMBDAS[row];
  const [side, temperature] = row.startsWith("T_") ? row.split(" = ") : [];
  const l2 = setting("optimizer.weightDecay", lambda ?? LAMBDAS[study.best]);
  const framework = adversarial({
    enabled: lambda === undefined,
    tg: side === "T_g" ? Number(temperature) : 1,
    td: side === "T_d" ? Number(temperature) : 1,
  });
  return { name: row, settings: [l2, ...framework], published, where: null };
}

function adversarial(
  { enabled, tg, td }: { enabled: boolean; tg: number; td: number },
): Setting[] {
  return [
    setting("adversarial.enabled", enabled),
    ...enabled ? [setting("adversarial.tg", tg), setting("adversarial.td", td)] : [],
  ];
}

function setting(key: string, value: unknown): Setting {
  return { key, value, where: null };
}

/** `pAcc/mIoU` of each row, as printed in the thesis. */
function rows(text: string): Study["published"] {
  const cells = text.split(" ").map((cell) => cell.split("/").map(Number) as [number, number]);
  return Object.fromEntries(ROWS.map((row, i) => [row, cells[i]!])) as Study["published"];
}
