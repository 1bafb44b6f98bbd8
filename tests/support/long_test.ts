import process from "node:process";

/**
 * Why tests that are long by nature are left out, or false where all were asked for: those of whole
 * networks on a software adapter, of faults, of other programs (Slurm, Chromium) and of registries.
 */
export const longSkip: string | false = process.env.SEGADV_TEST_ALL === "1"
  ? false
  : "long; deno task test:all runs it";
