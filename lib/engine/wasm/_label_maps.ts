import type * as tf from "@tensorflow/tfjs";
import type { TfjsWasmBackend } from "./_tfjs.ts";

/** Knows of one-hot maps which labels they were made of. */
export interface LabelMaps {
  /** Keeps the int32 labels at `pointer` until the map is written or disposed. */
  remember(map: tf.TensorInfo, pointer: number): void;
  /** Address of the labels of a map `[.., classes]`, or 0 where it is none. */
  find(map: tf.TensorInfo): number;
}

/** Labels beside their maps: 4 bytes a pixel, where the map has 4 a class. */
export function makeLabelMaps(backend: TfjsWasmBackend): LabelMaps {
  const { wasm } = backend;
  const known = new Map<number, { pointer: number; classes: number }>();

  // Called for a tensor that is disposed, and by markWritten for one that changes.
  const disposeData = wasm.tfjs.disposeData;
  wasm.tfjs.disposeData = (id) => {
    const entry = known.get(id);
    if (entry) wasm._free(entry.pointer);
    known.delete(id);
    disposeData(id);
  };

  return {
    remember(map, labels) {
      const classes = map.shape.at(-1)!;
      const bytes = 4 * map.shape.slice(0, -1).reduce((a, b) => a * b, 1);
      const pointer = wasm._malloc(bytes);
      wasm.HEAPU8.copyWithin(pointer, labels, labels + bytes);
      known.set(backend.dataIdMap.get(map.dataId).id, { pointer, classes });
    },
    find(map) {
      const entry = known.get(backend.dataIdMap.get(map.dataId).id);
      return entry?.classes === map.shape.at(-1) ? entry!.pointer : 0;
    },
  };
}
