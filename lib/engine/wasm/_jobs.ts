/** Kinds of jobs; mirrors assembly/dispatch.ts. */
export const JOB = {
  gemm: 0,
  pack: 1,
  pad: 2,
  filter: 3,
  reduce: 4,
  maxPoolGrad: 5,
  element: 6,
  softmax: 7,
  sum: 8,
  moments: 9,
  mergeMoments: 10,
  normalize: 11,
  gradSums: 12,
  mergeGrad: 13,
  gradInput: 14,
  resize: 15,
  resizeGrad: 16,
  winoInput: 17,
  winoFilter: 18,
  winoRotate: 19,
  winoGemm: 20,
  winoOutput: 21,
  winoRank: 22,
  winoCollect: 23,
  biasGrad: 24,
} as const;

/** One of {@linkcode JOB}. */
export type Job = typeof JOB[keyof typeof JOB];
