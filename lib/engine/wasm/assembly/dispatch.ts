// Kinds of jobs; the names mirror lib/engine/wasm/jobs.ts.
import {
  gradInputChunk, gradSumsChunk, mergeGradChunk, mergeMomentsChunk, momentsChunk, normalizeChunk,
} from "./batch_norm";
import { depthwiseFilterChunk, depthwiseInputChunk } from "./depthwise";
import { elementChunk } from "./elementwise";
import {
  enlargedBlendChunk, enlargedFilterChunk, enlargedGatherChunk, enlargedSpreadChunk,
} from "./enlarged";
import { filterChunk } from "./filter";
import { gemmChunk } from "./gemm";
import { labelConvChunk, labelFilterChunk, oneHotChunk } from "./labels";
import { packChunk, padChunk, tileChunk } from "./pack";
import { avgPoolGradChunk, maxPoolChunk, maxPoolGradChunk } from "./pool";
import { biasGradChunk, reduceChunk } from "./reduce";
import { nearestGradChunk, resizeChunk, resizeGradChunk } from "./resize";
import { segmentSumChunk } from "./segment";
import { softmaxChunk, sumChunk } from "./softmax";
import { winoGemmChunk, winoRankChunk } from "./winograd";
import { winoCollectChunk, winoFilterChunk, winoRotateChunk } from "./winograd_filter";
import { winoInputChunk, winoOutputChunk } from "./winograd_tiles";

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
    case 15: resizeChunk(params, chunk, scratch); break;
    case 16: resizeGradChunk(params, chunk, scratch); break;
    case 17: winoInputChunk(params, chunk, scratch); break;
    case 18: winoFilterChunk(params, chunk); break;
    case 19: winoRotateChunk(params, chunk); break;
    case 20: winoGemmChunk(params, chunk); break;
    case 21: winoOutputChunk(params, chunk); break;
    case 22: winoRankChunk(params, chunk, scratch); break;
    case 23: winoCollectChunk(params, chunk); break;
    case 24: biasGradChunk(params, chunk); break;
    case 25: maxPoolChunk(params, chunk); break;
    case 26: avgPoolGradChunk(params, chunk); break;
    case 27: tileChunk(params, chunk); break;
    case 28: nearestGradChunk(params, chunk); break;
    case 29: segmentSumChunk(params, chunk); break;
    case 30: depthwiseInputChunk(params, chunk); break;
    case 31: depthwiseFilterChunk(params, chunk); break;
    case 32: oneHotChunk(params, chunk); break;
    case 33: labelConvChunk(params, chunk, scratch); break;
    case 34: labelFilterChunk(params, chunk, scratch); break;
    case 35: enlargedSpreadChunk(params, chunk); break;
    case 36: enlargedBlendChunk(params, chunk, scratch); break;
    case 37: enlargedGatherChunk(params, chunk, scratch); break;
    case 38: enlargedFilterChunk(params, chunk); break;
    default: unreachable();
  }
}
