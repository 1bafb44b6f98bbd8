/**
 * The rule between a reader of data sets and the folder that it reads. A page has no folders.
 *
 * @module
 */
import { datasetReaders } from "../data/registry.ts";
import { unknownName } from "../util/describe_issue.ts";
import type { Config } from "./config.ts";
import type { RuleIssue } from "./rules.ts";

/** Faults of `data.dataset` and `data.dir` together. */
export function* datasetRule({ data }: Config): Generator<RuleIssue> {
  const reader = datasetReaders.find(data.dataset);
  if (reader === undefined) {
    yield { key: "data.dataset", message: unknownName(data.dataset, datasetReaders.names) };
  } else if (reader.needsDir && data.dir === null) {
    yield {
      key: "data.dir",
      message: `expected the folder of the data set, as the reader ${data.dataset} needs one, ` +
        "got null; set data.dir (--data DIR)",
    };
  } else if (!reader.needsDir && data.dir !== null) {
    yield {
      key: "data.dir",
      message: `expected null, as the reader ${data.dataset} brings its own data, got ` +
        `"${data.dir}"; set data.dataset (--dataset) to the reader of that folder`,
    };
  }
}
