/** Kinds of jobs; mirrors assembly/dispatch.ts. */
export const JOB = {
  gemm: 0,
  pack: 1,
  pad: 2,
  filter: 3,
  reduce: 4,
  maxPoolGrad: 5,
} as const;

/** One of {@linkcode JOB}. */
export type Job = typeof JOB[keyof typeof JOB];
