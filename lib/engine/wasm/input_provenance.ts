import type * as tf from "@tensorflow/tfjs";
import type { OnDispose, TfjsWasmBackend } from "./tfjs_backend.ts";

/**
 * What a map was made from, where a convolution is cheaper on that: int32 labels of a one-hot map, or
 * the map `[b, height, width, c]` that a bilinear resize upsampled.
 */
export type Source =
  | { kind: "labels"; at: number }
  | { kind: "upsampled"; at: number; height: number; width: number };

/** Records what maps were made from. */
export interface InputProvenance {
  /** Keeps a copy of the `bytes` at `source.at` until the map is overwritten or disposed. */
  record(map: tf.TensorInfo, source: Source, bytes: number): void;
  /** The source, if `map` still has the channels (of labels) or the shape that it was made with. */
  find(map: tf.TensorInfo): Source | undefined;
}

/** Keeps the sources beside their maps; they take a fraction of the maps' memory. */
export function makeInputProvenance(
  backend: TfjsWasmBackend,
  onDispose: OnDispose,
): InputProvenance {
  const { wasm } = backend;
  const known = new Map<number, { source: Source; shape: number[] }>();

  onDispose((id) => {
    const entry = known.get(id);
    if (entry) wasm._free(entry.source.at);
    known.delete(id);
  });

  return {
    record(map, source, bytes) {
      const at = wasm._malloc(bytes);
      wasm.HEAPU8.copyWithin(at, source.at, source.at + bytes);
      const { id } = backend.dataIdMap.get(map.dataId);
      known.set(id, { source: { ...source, at }, shape: map.shape });
    },
    find(map) {
      const entry = known.get(backend.dataIdMap.get(map.dataId).id);
      if (!entry) return undefined;
      const isSame = entry.source.kind === "labels"
        ? map.shape.at(-1) === entry.shape.at(-1)
        : map.shape.join() === entry.shape.join();
      return isSame ? entry.source : undefined;
    },
  };
}
