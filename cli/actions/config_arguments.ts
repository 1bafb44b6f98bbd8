/**
 * Arguments that give a configuration: those of `train`, and of what trains for a while.
 *
 * @module
 */

/** A file or a preset, and what is laid over it. */
export interface ConfigArguments {
  /** Path of a YAML file. */
  file?: string | undefined;
  preset?: string | undefined;
  dataset?: string | undefined;
  data?: string | undefined;
  init?: string | undefined;
  backend?: string | undefined;
  set?: readonly string[] | undefined;
  seed?: number | undefined;
  epochs?: number | undefined;
  maxSteps?: number | undefined;
  /** False leaves out report.html and predictions.png. */
  report?: boolean | undefined;
}

/** Values of the configuration: those of `--set`, then the options that stand for one key. */
export function overridesOf(args: ConfigArguments): string[] {
  const named: Record<string, string | number | boolean | undefined> = {
    "data.dataset": args.dataset,
    "data.dir": args.data,
    "model.init": args.init,
    "backend": args.backend,
    "seed": args.seed,
    "train.epochs": args.epochs,
    "train.maxSteps": args.maxSteps,
    "train.report": args.report === false ? false : undefined,
  };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return [...args.set ?? [], ...given.map(([key, value]) => `${key}=${JSON.stringify(value)}`)];
}
