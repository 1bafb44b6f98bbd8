/**
 * The two splits of a run, by an explicit configuration.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { haveSameNames, type NamedClasses } from "../../data/class_order.ts";
import type { Dataset } from "../../data/dataset.ts";
import { describeRead } from "../../data/describe_read.ts";
import { recognizeData } from "../../data/recognize_data.ts";
import { resolvePictures } from "../../data/pictures/resolve_pictures.ts";
import {
  matchClasses,
  type MatchedDataset,
  openDataset,
  withPictures,
} from "../../data/registry.ts";

/** What a run trains and validates on. */
export interface RunData {
  /** As given, but for how the data is read (`data.dataset: auto`, `data.layout`). */
  config: Config;
  train: Dataset;
  validation: Dataset;
  /** The same, with classes in their own order. */
  own: { train: Dataset; validation: Dataset };
  /** Says that the data lists its classes in another order than the run; `null` where it does not. */
  notice: string | null;
  /** One line that says how the data's folder is read; `null` where that was known before. */
  said: string | null;
  /** What is in the folder and not read, a line each. */
  notices: string[];
}

/**
 * Opens the splits of a run.
 *
 * @param from Classes of the run or network that it goes on from.
 * @throws {Error} If the data cannot be opened; the message says what to change.
 */
export async function openRunData(given: Config, from: NamedClasses | null): Promise<RunData> {
  const { said, notices, ...found } = await recognizeData(given.data);
  const known = { ...given.data, ...found };
  const { dataset, trainSplit, valSplit } = known;
  const splits: Dataset[] = [];
  for (const split of [trainSplit, valSplit]) {
    splits.push(await openDataset(dataset, { ...known, split }));
  }
  const { pictures, notices: picturesSaid } = await resolvePictures(splits, known);
  const [own, ownValidation] = splits.map((split) => withPictures(split, pictures)) as [
    Dataset,
    Dataset,
  ];
  const data = { ...known, ...pictures };
  const { dataset: train, notice } = inOrderOf(from, own);
  const names = train.classes.map(({ name }) => name);
  const { dataset: validation } = matchClasses(ownValidation, {
    subject: `split "${trainSplit}"`,
    names,
  });
  const both = { train: own, validation: ownValidation };
  return {
    config: { ...given, data },
    train,
    validation,
    own: both,
    notice,
    said: said ?? (given.data.dataset === "auto" ? describeRead([own, ownValidation]) : null),
    notices: [...notices, ...own.notices ?? [], ...picturesSaid],
  };
}

/** Training data in the class order of the run or network that it goes on from, if it has its names. */
function inOrderOf(from: NamedClasses | null, own: Dataset): Omit<MatchedDataset, "order"> {
  const names = own.classes.map(({ name }) => name);
  if (from === null || !haveSameNames(names, from.names)) return { dataset: own, notice: null };
  return matchClasses(own, from);
}
