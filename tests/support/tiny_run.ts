import { join } from "node:path";
import { loadConfig } from "../../lib/config/mod.ts";
import { train } from "../../lib/train/run/train.ts";

/** Trains the smallest run there is, below `folder`, and gives its path. */
export async function tinyRun(folder: string, ...overrides: string[]): Promise<string> {
  const tiny = ["backend=wasm", "threads=1", "model.width=0.03", "data.crop=[32,32]"];
  const short = ["train.epochs=2", "schedule.warmupEpochs=1", "validation.every=1"];
  const out = join(folder, "run");
  const all = [...tiny, ...short, ...overrides];
  await train(await loadConfig({ preset: "fixtures", overrides: all }), { out });
  return out;
}
