import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { nameList, nearest } from "@segadv/segadv/util";
import type { SweepPlan } from "@segadv/segadv/sweep";
import { catalog } from "./catalog.ts";
import { UsageError } from "./errors.ts";

/** An option whose value becomes a `T`. */
export type ValueOption<Usage extends string, T> = Option<Usage, undefined, undefined, T>;

/** An option that takes one of the names a registry holds: for help, check and completion. */
export function nameOption<const Usage extends string>(
  usage: Usage,
  { about, names }: { about: string; names: Iterable<string> },
): ValueOption<Usage, string> {
  const known = [...names];
  return new Option(usage, about).choices(known)
    .argParser(nameParser(known)) as unknown as ValueOption<Usage, string>;
}

/** Takes a known name and suggests one for any other. */
export function nameParser(known: readonly string[]): (name: string) => string {
  return (name) => {
    if (known.includes(name)) return name;
    const meant = nearest(name, known);
    const hint = meant === null ? "" : `; did you mean ${meant}?`;
    throw new InvalidArgumentError(`Expected one of ${nameList(known)}${hint}`);
  };
}

/** An option that takes a whole number of at least `min`. */
export function wholeOption<const Usage extends string>(
  usage: Usage,
  { about, min }: { about: string; min: number },
): ValueOption<Usage, number> {
  return new Option(usage, about).argParser((text: string): number => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${min}`);
  });
}

/** `--width`, a multiplier of a network's channel counts. */
export function widthOption(about: string): ValueOption<"--width <factor>", number> {
  return new Option("--width <factor>", about).argParser((text: string): number => {
    const width = Number(text);
    if (text.trim() !== "" && width > 0 && width <= 8) return width;
    throw new InvalidArgumentError("Expected a number above 0, at most 8");
  });
}

/** Collects the values of an option that may be repeated. */
export function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** `--preset`, with the names of all presets. */
export function presetOption(): ValueOption<"--preset <name>", string> {
  return nameOption("--preset <name>", {
    about: "configuration to start from",
    names: catalog.presets.map(({ name }) => name),
  });
}

/** `--dataset`, with the names of all readers. */
export function datasetOption(): ValueOption<"--dataset <name>", string> {
  return nameOption("--dataset <name>", {
    about: "reader of the data set",
    names: catalog.datasets,
  });
}

/** `--backend`, with the names of all backends. */
export function backendOption(): ValueOption<"--backend <name>", string> {
  return nameOption("--backend <name>", {
    about: "what computes: auto takes a real WebGPU adapter if there is one, else WASM",
    names: catalog.backends,
  });
}

/** Refuses a trial to compare with that the sweep does not have. */
export function checkTrial({ name, conditions }: SweepPlan, against: string | undefined): void {
  const known = conditions.map((condition) => condition.name);
  if (against === undefined || known.includes(against)) return;
  const meant = nearest(against, known);
  const hint = meant === null
    ? `: its trials are ${known.map((one) => `"${one}"`).join(", ")}`
    : `; did you mean "${meant}"?`;
  throw new UsageError(`There is no trial "${against}" in ${name}${hint}`);
}
