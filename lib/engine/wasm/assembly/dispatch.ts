// Kinds of jobs; the names mirror lib/engine/wasm/_jobs.ts.
import { filterChunk } from "./filter";
import { gemmChunk } from "./gemm";
import { packChunk, padChunk } from "./pack";
import { maxPoolGradChunk } from "./pool";
import { reduceChunk } from "./reduce";

export function runChunk(kind: i32, params: usize, chunk: i32, scratch: usize): void {
  switch (kind) {
    case 0: gemmChunk(params, chunk, scratch); break;
    case 1: packChunk(params, chunk); break;
    case 2: padChunk(params, chunk); break;
    case 3: filterChunk(params, chunk, scratch); break;
    case 4: reduceChunk(params, chunk); break;
    case 5: maxPoolGradChunk(params, chunk, scratch); break;
    default: unreachable();
  }
}
