import { loadModel, type OpenedModel, useBackend, type UseBackendOptions } from "@segadv/segadv";
import { stat } from "node:fs/promises";
import { UsageError } from "./errors.ts";

/** A network in use. */
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
