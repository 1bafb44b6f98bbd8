/**
 * Sweeps: many runs as one experiment, on one machine or a cluster, and what its numbers say.
 *
 * A grid ({@linkcode parseGrid}, or one of {@linkcode thesisGrids}) becomes numbered trials
 * ({@linkcode planSweep}, {@linkcode writeSweep}); {@linkcode runTrial} runs one by its number and
 * may be called as often as one likes; {@linkcode sweepTable} compares them seed by seed.
 *
 * @module
 */
export {
  comparePaired,
  type Paired,
  type PairedComparison,
  PAIRS_FOR_FIVE_PERCENT,
  readComparison,
  type ReadOptions,
  studentQuantile,
  summarize,
  type Summary,
} from "../metrics/statistics.ts";
export {
  type FormatOptions,
  formatSweepTable,
  type TableFormat,
  tableFormats,
} from "./format_sweep_table.ts";
export {
  type Grid,
  type GridAxis,
  type GridTrial,
  parseGrid,
  type Published,
  type PublishedCost,
  type ScoredValidation,
  type Setting,
} from "./grid.ts";
export {
  kubernetesJob,
  type KubernetesOptions,
  type SlurmOptions,
  type SlurmScripts,
  slurmScripts,
} from "./cluster_jobs.ts";
export {
  type Condition,
  type PlannedSweep,
  planSweep,
  type SweepPlan,
  type Trial,
} from "./plan_sweep.ts";
export { runTrial, type RunTrialOptions, type TrialOutcome } from "./run_trial.ts";
export {
  readResults,
  readSweep,
  readTrialConfig,
  sweepStatus,
  type TrialPaths,
  trialPaths,
  type TrialResult,
  type TrialState,
  type TrialStatus,
  writeSweep,
} from "./sweep_folder.ts";
export {
  type PairedSeed,
  type SweepRow,
  type SweepTable,
  sweepTable,
  type SweepTableOptions,
} from "./sweep_table.ts";
export { type GridPreset, thesisGrids } from "./thesis_grids.ts";
