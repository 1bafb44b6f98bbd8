import { type CommandUnknownOpts, InvalidArgumentError } from "@commander-js/extra-typings";
import type { InferenceConfig, Size } from "@segadv/segadv";
import { nameOption } from "./options.ts";

/** Inference options of the command line; absent ones are the run's. */
export interface InferenceArguments {
  resize?: Size | "none" | undefined;
  resizeMode?: string | undefined;
  scoreSize?: string | undefined;
  window?: InferenceConfig["window"] | undefined;
  overlap?: number | undefined;
  scales?: number[] | undefined;
  flip?: boolean | undefined;
}

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
  scoreSize: "--score-size",
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
