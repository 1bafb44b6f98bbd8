import { mebibytes } from "../../util/format.ts";
import type { TfjsWasmBackend } from "./tfjs_backend.ts";

/** What is allocated on the WASM heap, by size. */
export interface HeapWatch {
  /** Bytes of all live allocations. */
  liveBytes(): number;
  /** Largest value of {@linkcode HeapWatch.liveBytes} so far. */
  peakBytes(): number;
}

/** Where a 4 GiB address space ends for Emscripten. */
const HEAP_LIMIT = 4294901760;

/**
 * Replaces the backend's `_malloc`, which returns 0 when it fails: TensorFlow.js does not check and
 * later ops overwrite low memory. The replacement throws and counts.
 */
export function watchHeap(backend: TfjsWasmBackend): HeapWatch {
  const { wasm } = backend;
  // Emscripten's stubs replace themselves on their first call, which must come before ours.
  wasm._free(wasm._malloc(8));
  const malloc = wasm._malloc.bind(wasm);
  const free = wasm._free.bind(wasm);
  const move = backend.move.bind(backend);
  const sizes = new Map<number, { bytes: number; shape: number[] | undefined }>();
  let live = 0;
  let peak = 0;
  let shape: number[] | undefined;

  wasm._malloc = (bytes) => {
    const pointer = bytes > HEAP_LIMIT ? 0 : malloc(bytes) >>> 0;
    if (pointer === 0) throw new RangeError(describeFailure(bytes, live, shape, sizes));
    sizes.set(pointer, { bytes, shape });
    live += bytes;
    if (live > peak) peak = live;
    return pointer;
  };
  wasm._free = (pointer) => {
    const key = pointer >>> 0;
    live -= sizes.get(key)?.bytes ?? 0;
    sizes.delete(key);
    free(pointer);
  };
  backend.move = (id, values, tensorShape, dtype, references) => {
    shape = tensorShape;
    try {
      move(id, values, tensorShape, dtype, references);
    } finally {
      shape = undefined;
    }
  };
  return { liveBytes: () => live, peakBytes: () => peak };
}

function describeFailure(
  bytes: number,
  live: number,
  shape: number[] | undefined,
  sizes: Map<number, { bytes: number; shape: number[] | undefined }>,
): string {
  const name = (s: number[] | undefined): string => s ? `tensor [${s.join(", ")}]` : "scratch";
  const largest = [...sizes.values()].sort((a, b) => b.bytes - a.bytes).slice(0, 5)
    .map((a) => `${name(a.shape)} ${mebibytes(a.bytes)}`).join(", ");
  return `out of memory: cannot allocate ${mebibytes(bytes)} for ${name(shape)} on the WASM heap ` +
    `(${mebibytes(live)} of at most ${mebibytes(HEAP_LIMIT)} in use; largest: ${
      largest || "none"
    }); lower data.batch, data.crop or model.width`;
}
