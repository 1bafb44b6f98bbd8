/**
 * A network that a command runs, and how.
 *
 * @module
 */
import {
  type Config,
  defaultConfig,
  type InferenceConfig,
  loadModel,
  type OpenedModel,
  useBackend,
  type UseBackendOptions,
} from "@segadv/segadv";
import { stat } from "node:fs/promises";
import { type Context, warn } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { InferenceArguments } from "../inference.ts";

/** The inference options of a configuration. */
export type InferenceSettings = Pick<
  InferenceConfig,
  "resize" | "resizeMode" | "scoreSize" | "window" | "overlap" | "scales" | "flip" | "batch"
>;

/** The inference options of a run, or the defaults without one, overridden by the command line. */
export function inferenceOf(args: InferenceArguments, config: Config | null): InferenceSettings {
  const { resize, resizeMode, scoreSize, window, overlap, scales, flip, batch } =
    (config ?? defaultConfig()).inference;
  const inference = {
    resize: args.resize === "none" ? null : args.resize ?? resize,
    resizeMode: (args.resizeMode ?? resizeMode) as InferenceSettings["resizeMode"],
    scoreSize: (args.scoreSize ?? scoreSize) as InferenceSettings["scoreSize"],
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

/** An open network. */
export interface ModelUse {
  loaded: OpenedModel;
  /** The folder that the user named. */
  path: string;
}

/** Starts a backend and loads a network for as long as `use` runs. */
export async function withModel<T>(
  { path, backend, context }: { path: string; backend?: string | undefined; context: Context },
  use: (model: ModelUse) => Promise<T>,
): Promise<T> {
  if (!await stat(path).then((found) => found.isDirectory(), () => false)) {
    throw new UsageError(`There is no folder ${path}: give the folder of a run or of a model`);
  }
  const name = (backend ?? "auto") as UseBackendOptions["backend"];
  const running = await useBackend({ backend: name });
  if (running.warning !== null) warn(context, running.warning);
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
