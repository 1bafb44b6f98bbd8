import { parseGrid } from "../../lib/sweep/grid.ts";
import { planSweep } from "../../lib/sweep/plan_sweep.ts";
import { writeSweep } from "../../lib/sweep/sweep_folder.ts";

/** 2 trials and a baseline over 2 seeds of the smallest run there is. */
export const TINY_GRID = `name: tiny
preset: fixtures
set:
  backend: wasm
  threads: 1
  model.width: 0.03
  optimizer.lr: 0.3
  data: { crop: [32, 32], batch: 4 }
  train: { epochs: 1 }
  schedule: { warmupEpochs: 0 }
  inference: { batch: 4 }
seeds: [1, 2]
axes:
  adversarial.tg: [0.5, 2]
baseline: { name: Baseline, adversarial.enabled: false }
`;

/** Plans it in an empty folder, which it gives back. */
export async function tinySweep(folder: string, text: string = TINY_GRID): Promise<string> {
  await writeSweep(folder, await planSweep(parseGrid(text, "tiny.yaml")));
  return folder;
}
