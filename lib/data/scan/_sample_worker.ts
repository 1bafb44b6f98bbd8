/** The program of a worker thread: checks samples of a data set. */
import { serveTasks } from "../../util/worker_pool.ts";
import type { DatasetLocation } from "../dataset_location.ts";
import { openLocation } from "../registry.ts";
import { type CheckDepth, checkSample, type SampleFacts } from "./sample_facts.ts";

/** What each thread gets first. */
interface Setup extends CheckDepth {
  location: DatasetLocation;
}

serveTasks<Setup, number, SampleFacts>(async ({ location, decodes }) => {
  const dataset = await openLocation(location);
  return async (index) => ({
    value: await checkSample(dataset, index, { decodes }),
    transfer: [],
  });
});
