/** The program of a worker thread: takes facts of label files. */
import { serveTasks } from "../../util/worker_pool.ts";
import { labelFacts, type LabelScan } from "./label_facts.ts";

serveTasks<null, string, LabelScan>(() =>
  Promise.resolve(async (file) => ({ value: await labelFacts(file), transfer: [] }))
);
