import type { Config } from "../../config/config.ts";
import type { NamedClasses } from "../../data/class_order.ts";
import { inspectModel } from "../../models/inspect_model.ts";
import { networks } from "../../models/networks/registry.ts";
import type { SegmentationModel } from "../../models/segmentation_model.ts";
import {
  checkPlan,
  type InitializationReport,
  initializeFromFile,
  standsForOthers,
} from "../../models/persistence/initialize.ts";
import type { InputRule } from "../../weights/name_maps/name_map.ts";
import { openWeightFile } from "../../weights/formats/open_weight_file.ts";
import { planWeights } from "../../weights/plan.ts";
import type { WeightFile } from "../../weights/weight_file.ts";

/** The file of `model.init`, open and found to fit. */
export interface InitialWeights {
  /** The configuration under which the weights are what they were trained to be. */
  config: Config;
  warnings: string[];
  apply(model: SegmentationModel): Promise<InitializationReport>;
  close(): Promise<void>;
}

/** The classes of the network in `model.init`; `null` where the file does not name them. */
export async function classesOfInit({ model: { init } }: Config): Promise<NamedClasses | null> {
  const file = await openWeightFile(init);
  await file.close();
  if (file.saved === null) return null;
  const names = file.saved.classes.map(({ name }) => name);
  return { subject: `model.init ${file.path}`, names };
}

/**
 * Opens `model.init` and holds its names and shapes against the network's, before that is built.
 *
 * @throws {RangeError} If they differ, unless `model.initStrict` is off.
 */
export async function openInitialWeights(
  config: Config,
  { classes }: { classes: readonly string[] },
): Promise<InitialWeights> {
  const { init, name } = config.model;
  const file = await openWeightFile(init);
  try {
    const architecture = { ...config.model, inputChannels: config.data.channels };
    const { layers } = inspectModel(architecture, { classes: classes.length });
    const targets = layers.flatMap(({ weights }) => weights);
    const strict = config.model.initStrict;
    const freshHead = standsForOthers(file, { classes, strict });
    const plan = planWeights(file, { network: networks.get(name), targets, freshHead });
    checkPlan(plan, { strict, path: file.path });
    return {
      ...follow(config, { input: plan.input, path: file.path }),
      apply: (model) => initializeFromFile(model, file, { strict, classes }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Gives the network what the weights were trained with, or warns of what differs. */
function follow(
  config: Config,
  { input, path }: { input: InputRule | null; path: WeightFile["path"] },
): Pick<InitialWeights, "config" | "warnings"> {
  if (input === null) {
    return {
      config,
      warnings: [`${path} does not tell its input: data.normalize stays as configured`],
    };
  }
  const { data, model } = config;
  const { options } = input;
  // Of a network of other channels only the filters are taken
  const isSame = input.normalize.mean.length === data.channels;
  const normalize = isSame ? input.normalize : data.normalize;
  const followed: Config = {
    ...config,
    data: { ...data, normalize },
    model: { ...model, ...options },
  };
  const changes = [
    ["data.normalize", data.normalize, normalize],
    ...Object.entries(options).map(([key, value]) => [`model.${key}`, model[key], value]),
  ].filter(([, before, after]) => JSON.stringify(before) !== JSON.stringify(after));
  const said = (which: 1 | 2): string =>
    changes.map((change) => `${change[0]} ${JSON.stringify(change[which])}`).join(", ");
  if (changes.length === 0) return { config, warnings: [] };
  return model.followInit
    ? { config: followed, warnings: [`as ${path} was trained, the run takes ${said(2)}`] }
    : { config, warnings: [`${path} was trained with ${said(2)}, the run takes ${said(1)}`] };
}
