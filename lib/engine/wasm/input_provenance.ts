import type * as tf from "@tensorflow/tfjs";
import type { TfjsWasmBackend } from "./tfjs_members.ts";

/**
 * What a map was made of, where a convolution is cheaper on that: int32 labels of a one-hot map, or
 * the map `[b, height, width, c]` that a bilinear resize enlarged.
 */
export type Origin =
  | { kind: "labels"; at: number }
  | { kind: "enlarged"; at: number; height: number; width: number };

/** Knows what maps were made of. */
export interface Origins {
  /** Keeps a copy of the `bytes` at `origin.at` until the map is written or disposed. */
  remember(map: tf.TensorInfo, options: { origin: Origin; bytes: number }): void;
  /** The origin, where `map` has the channels, or for enlarged maps the shape, that it had then. */
  find(map: tf.TensorInfo): Origin | undefined;
}

/** Origins beside their maps; they take a fraction of the maps' memory. */
export function makeOrigins(backend: TfjsWasmBackend): Origins {
  const { wasm } = backend;
  const known = new Map<number, { origin: Origin; shape: number[] }>();

  // Called for a tensor that is disposed, and by markWritten for one that changes.
  const disposeData = wasm.tfjs.disposeData;
  wasm.tfjs.disposeData = (id) => {
    const entry = known.get(id);
    if (entry) wasm._free(entry.origin.at);
    known.delete(id);
    disposeData(id);
  };

  return {
    remember(map, { origin, bytes }) {
      const at = wasm._malloc(bytes);
      wasm.HEAPU8.copyWithin(at, origin.at, origin.at + bytes);
      const { id } = backend.dataIdMap.get(map.dataId);
      known.set(id, { origin: { ...origin, at }, shape: map.shape });
    },
    find(map) {
      const entry = known.get(backend.dataIdMap.get(map.dataId).id);
      if (!entry) return undefined;
      const isSame = entry.origin.kind === "labels"
        ? map.shape.at(-1) === entry.shape.at(-1)
        : map.shape.join() === entry.shape.join();
      return isSame ? entry.origin : undefined;
    },
  };
}
