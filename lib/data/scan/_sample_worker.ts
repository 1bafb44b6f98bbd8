/** The program of a worker thread: checks samples of a data set. */
import { serveTasks } from "../../util/worker_pool.ts";
import type { DatasetLocation } from "../dataset_location.ts";
import { openLocation } from "../registry.ts";
import { checkSample, type SampleFacts } from "./sample_facts.ts";

serveTasks<DatasetLocation, number, SampleFacts>(async (location) => {
  const dataset = await openLocation(location);
  return async (index) => ({ value: await checkSample(dataset, index), transfer: [] });
});
