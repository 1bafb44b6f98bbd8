import { type Config, loadConfig } from "../../lib/config/mod.ts";

/**
 * A run of 18 steps in a second or so, with all that could lose its place: dropout, augmentation,
 * batch norm, a schedule, worker threads, and a checkpoint after every step.
 */
export async function subjectConfig(...more: string[]): Promise<Config> {
  const overrides = ["backend=wasm", "threads=2", "model.name=fcn8s-vgg16", "model.width=0.03"]
    .concat("model.skipScales=[1,1]", "model.dropout=0.5")
    .concat("data.crop=[32,32]", "data.batch=4", "optimizer.lr=0.02", "train.epochs=3")
    .concat("schedule.warmupEpochs=1", "validation.every=1", "checkpoint.everySteps=1", more);
  return await loadConfig({ preset: "fixtures", overrides });
}
