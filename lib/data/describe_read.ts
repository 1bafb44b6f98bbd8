import type { Dataset } from "./dataset.ts";
import { datasetReaders } from "./registry.ts";

/** Names that are shown of many. */
const SHOWN = 6;

/**
 * One line that says how a data set is read whose reader knows its layout: what it is, its classes, and
 * the sizes of its splits.
 */
export function describeRead(datasets: readonly [Dataset, ...Dataset[]]): string {
  const [{ name, classes, ignoreLabel }] = datasets;
  const names = classes.slice(0, SHOWN).map((one) => one.name).join(", ") +
    (classes.length > SHOWN ? `, … (${classes.length})` : "");
  const sizes = datasets.map(({ split, ids }) => `${split} ${ids.length}`).join(", ");
  const summary = datasetReaders.find(name)?.summary ?? name;
  return `${summary}; classes ${names}, ${ignoreLabel} ignored; ${sizes}`;
}
