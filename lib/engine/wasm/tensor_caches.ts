/**
 * What the engine keeps beside tensors until they are written or disposed: transformed filters, and what
 * maps were made from.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { OnDispose, TfjsWasmBackend } from "./tfjs_backend.ts";

/** Arguments of {@linkcode FilterCache.use}. */
export interface CachedFilter<T> {
  filter: tf.TensorInfo;
  /** Which transform of the filter it is. */
  key: string;
  bytes: number;
  /** Computes it at `pointer`. */
  make(pointer: number): void;
  use(pointer: number): T;
}

/** Transformed filters that several convolutions of one step share. */
export interface FilterCache {
  /** Calls `use` on the transformed filter, computed where it is not kept. */
  use<T>(options: CachedFilter<T>): T;
}

/** Bytes of the heap that transformed filters may hold. */
const LIMIT = 64 << 20;

/** How often a transform of one tensor was used. */
interface Demand {
  /** The tensor's number, which changes whenever it is written. */
  version: number;
  uses: number;
  /** Whether the version before was used more than once. */
  repeated: boolean;
}

/**
 * Keeps a transformed filter from its second use until the filter is written or disposed; from its
 * first, where the version before was used again. So the filters of the
 * discriminator, which are applied to three batches between two updates, are kept, and those of the
 * segmentation network, which are applied to one, cost no memory.
 */
export function makeFilterCache(
  backend: TfjsWasmBackend,
  withScratch: <T>(bytes: number, body: (pointer: number) => T) => T,
  onDispose: OnDispose,
): FilterCache {
  const { wasm } = backend;
  const kept = new Map<number, Map<string, { pointer: number; bytes: number }>>();
  const demands = new WeakMap<object, Map<string, Demand>>();
  let held = 0;

  onDispose((id) => {
    for (const { pointer, bytes } of kept.get(id)?.values() ?? []) {
      wasm._free(pointer);
      held -= bytes;
    }
    kept.delete(id);
  });

  function demandOf({ dataId }: tf.TensorInfo, key: string, version: number): Demand {
    const all = demands.get(dataId) ?? new Map<string, Demand>();
    demands.set(dataId, all);
    const last = all.get(key);
    if (last?.version === version) return last;
    const demand = { version, uses: 0, repeated: (last?.uses ?? 0) > 1 };
    all.set(key, demand);
    return demand;
  }

  return {
    use({ filter, key, bytes, make, use }) {
      const version = backend.dataIdMap.get(filter.dataId).id;
      const ready = kept.get(version)?.get(key);
      const demand = demandOf(filter, key, version);
      demand.uses++;
      if (ready) return use(align(ready.pointer));
      const keeps = (demand.repeated || demand.uses > 1) && held + bytes <= LIMIT;
      if (!keeps) {
        return withScratch(bytes, (pointer) => {
          make(pointer);
          return use(pointer);
        });
      }
      const pointer = wasm._malloc(bytes + 64);
      make(align(pointer));
      held += bytes;
      const siblings = kept.get(version) ?? new Map();
      kept.set(version, siblings.set(key, { pointer, bytes }));
      return use(align(pointer));
    },
  };
}

function align(pointer: number): number {
  return Math.ceil(pointer / 64) * 64;
}

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
