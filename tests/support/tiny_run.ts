import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../lib/config/mod.ts";
import { train } from "../../lib/train/run/train.ts";

/** Trains the smallest run there is and gives its folder. */
export async function tinyRun(...overrides: string[]): Promise<string> {
  const tiny = ["backend=wasm", "threads=1", "model.width=0.03", "data.crop=[32,32]"];
  const short = ["train.epochs=2", "train.warmupEpochs=1", "validation.every=1"];
  const out = join(await mkdtemp(join(tmpdir(), "segadv-report-")), "run");
  const all = [...tiny, ...short, ...overrides];
  await train(await loadConfig({ preset: "fixtures", overrides: all }), { out });
  return out;
}
