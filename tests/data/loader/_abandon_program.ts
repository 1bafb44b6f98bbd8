// Takes a batch from workers, forgets the iterator, and must end by itself all the same.
import process from "node:process";
import { defaultConfig } from "../../../lib/config/schema.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { trainBatches } from "../../../lib/data/loader/train_loader.ts";

const dataset = await openDataset("fixtures", { split: "train" });
const config = {
  ...defaultConfig().data,
  crop: [32, 32] as [number, number],
  batch: 4,
  workers: 2,
};
const batches = trainBatches({ dataset, config, seed: 1, epoch: 0 });
const { value } = await batches.next();
process.stdout.write(`${value!.ids.length} samples\n`);
