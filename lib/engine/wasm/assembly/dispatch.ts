// Kinds of jobs; the names mirror lib/engine/wasm/_jobs.ts.
import {
  gradInputChunk, gradSumsChunk, mergeGradChunk, mergeMomentsChunk, momentsChunk, normalizeChunk,
} from "./batch_norm";
import { elementChunk } from "./elementwise";
import { filterChunk } from "./filter";
import { gemmChunk } from "./gemm";
import { packChunk, padChunk } from "./pack";
import { maxPoolGradChunk } from "./pool";
import { reduceChunk } from "./reduce";
import { resizeChunk, resizeGradChunk } from "./resize";
import { softmaxChunk, sumChunk } from "./softmax";

export function runChunk(kind: i32, params: usize, chunk: i32, scratch: usize): void {
  switch (kind) {
    case 0: gemmChunk(params, chunk, scratch); break;
    case 1: packChunk(params, chunk); break;
    case 2: padChunk(params, chunk); break;
    case 3: filterChunk(params, chunk, scratch); break;
    case 4: reduceChunk(params, chunk); break;
    case 5: maxPoolGradChunk(params, chunk, scratch); break;
    case 6: elementChunk(params, chunk); break;
    case 7: softmaxChunk(params, chunk, scratch); break;
    case 8: sumChunk(params); break;
    case 9: momentsChunk(params, chunk); break;
    case 10: mergeMomentsChunk(params, chunk); break;
    case 11: normalizeChunk(params, chunk); break;
    case 12: gradSumsChunk(params, chunk); break;
    case 13: mergeGradChunk(params, chunk); break;
    case 14: gradInputChunk(params, chunk); break;
    case 15: resizeChunk(params, chunk); break;
    case 16: resizeGradChunk(params, chunk); break;
    default: unreachable();
  }
}
