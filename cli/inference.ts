import { type CommandUnknownOpts, InvalidArgumentError } from "@commander-js/extra-typings";
import {
  type Config,
  defaultConfig,
  type InferenceConfig,
  loadModel,
  type OpenedModel,
  type Size,
  useBackend,
  type UseBackendOptions,
} from "@segadv/segadv";
import { stat } from "node:fs/promises";
import { UsageError } from "./errors.ts";
import { nameOption } from "./options.ts";

/** Inference options of the command line; absent ones are the run's. */
export interface InferenceArguments {
  resize?: Size | "none" | undefined;
  resizeMode?: string | undefined;
  window?: InferenceConfig["window"] | undefined;
  overlap?: number | undefined;
  scales?: number[] | undefined;
  flip?: boolean | undefined;
}

/** The inference options of a configuration. */
export type InferenceSettings = Pick<
  InferenceConfig,
  "resize" | "resizeMode" | "window" | "overlap" | "scales" | "flip" | "batch"
>;

/** Adds `--resize`, `--resize-mode`, `--window`, `--overlap`, `--scales` and `--flip`. */
export function addInferenceOptions<C extends CommandUnknownOpts>(command: C): C {
  command
    .option(
      "--resize <HxW>",
      "height and width that images are resized to, or none (default: the run's)",
      // not null, of which commander makes an empty string
      (text) => text === "none" ? text : parseSize(text),
    )
    .addOption(nameOption("--resize-mode <how>", {
      about: "how --resize is met: letterbox keeps the aspect and pads (default: the run's)",
      names: ["stretch", "letterbox"],
    }))
    .option(
      "--window <HxW>",
      "input of one forward pass: the whole image, sliding windows of a size, or auto, by memory",
      (text) => text === "auto" || text === "whole" ? text : parseSize(text),
    )
    .option(
      "--overlap <share>",
      "share of a window that the next one covers again, 0 to 0.9",
      (text) => parseNumber(text, { min: 0, max: 0.9 }),
    )
    .option(
      "--scales <list>",
      "sizes, as factors, to average probabilities over, such as 0.75,1,1.25",
      (text) => text.split(",").map((one) => parseNumber(one, { min: 0.05, max: 8 })),
    )
    .option("--flip", "average probabilities with those of the mirror image")
    .option("--no-flip", "do not, even where the run did");
  return command;
}

/** Flags of the inference options. */
const FLAGS: Record<keyof InferenceArguments, string> = {
  resize: "--resize",
  resizeMode: "--resize-mode",
  window: "--window",
  overlap: "--overlap",
  scales: "--scales",
  flip: "--flip",
};

/** The flag of the first inference option that is given, `null` where none is. */
export function inferenceFlagIn(args: InferenceArguments): string | null {
  const names = Object.keys(FLAGS) as (keyof InferenceArguments)[];
  const given = names.find((name) => args[name] !== undefined);
  return given === undefined ? null : FLAGS[given];
}

/** The inference options of a run, or the defaults without one, overridden by the command line. */
export function inferenceOf(args: InferenceArguments, config: Config | null): InferenceSettings {
  const { resize, resizeMode, window, overlap, scales, flip, batch } =
    (config ?? defaultConfig()).inference;
  const inference = {
    resize: args.resize === "none" ? null : args.resize ?? resize,
    resizeMode: (args.resizeMode ?? resizeMode) as InferenceSettings["resizeMode"],
    window: args.window ?? window,
    overlap: args.overlap ?? overlap,
    scales: args.scales ?? scales,
    flip: args.flip ?? flip,
    batch,
  };
  if (args.resizeMode === "letterbox" && inference.resize === null) {
    throw new UsageError("--resize-mode letterbox needs the size to fill: give it with --resize");
  }
  return inference;
}

function parseSize(text: string): Size {
  const [, height, width] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text) ?? [];
  if (height === undefined || width === undefined) {
    throw new InvalidArgumentError("Expected height x width in pixels, such as 1024x2048");
  }
  return [Number(height), Number(width)];
}

function parseNumber(text: string, { min, max }: { min: number; max: number }): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`Expected a number from ${min} to ${max}`);
}

/** An open network. */
export interface ModelUse {
  loaded: OpenedModel;
  /** The folder that the user named. */
  path: string;
}

/** Starts a backend and loads a network for as long as `use` runs. */
export async function withModel<T>(
  { path, backend }: { path: string; backend?: string | undefined },
  use: (model: ModelUse) => Promise<T>,
): Promise<T> {
  if (!await stat(path).then((found) => found.isDirectory(), () => false)) {
    throw new UsageError(`There is no folder ${path}: give the folder of a run or of a model`);
  }
  const name = (backend ?? "auto") as UseBackendOptions["backend"];
  const running = await useBackend({ backend: name });
  try {
    const loaded = await loadModel(path);
    try {
      return await use({ loaded, path });
    } finally {
      loaded.model.layers.dispose();
    }
  } finally {
    await running.dispose();
  }
}
