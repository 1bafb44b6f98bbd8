import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { backendChoices, datasetReaders, nearest, presets } from "@segadv/segadv";

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
    throw new InvalidArgumentError(`Expected one of ${known.join(", ")}${hint}`);
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

/** `--preset`, with the names of all presets. */
export function presetOption(): ValueOption<"--preset <name>", string> {
  return nameOption("--preset <name>", {
    about: "configuration to start from",
    names: presets.keys(),
  });
}

/** `--dataset`, with the names of all readers. */
export function datasetOption(): ValueOption<"--dataset <name>", string> {
  return nameOption("--dataset <name>", {
    about: "reader of the data set",
    names: datasetReaders.keys(),
  });
}

/** `--backend`, with the names of all backends. */
export function backendOption(): ValueOption<"--backend <name>", string> {
  return nameOption("--backend <name>", {
    about: "what computes: auto takes a real WebGPU adapter if there is one, else WASM",
    names: backendChoices,
  });
}
