import { join } from "node:path";
import { train } from "../../lib/train/run/train.ts";
import { config } from "./config.ts";

/** Trains the smallest run there is, below `folder`, and gives its path. */
export async function tinyRun(folder: string, ...overrides: string[]): Promise<string> {
  const short = ["train.epochs=2", "schedule.warmupEpochs=1", "validation.every=1"];
  const out = join(folder, "run");
  await train(await config(...short, ...overrides), { out });
  return out;
}
