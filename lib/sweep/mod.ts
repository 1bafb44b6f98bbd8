/**
 * Sweeps: many runs as one experiment, and what its numbers say.
 *
 * @module
 */
export {
  comparePaired,
  type Paired,
  type PairedComparison,
  PAIRS_FOR_FIVE_PERCENT,
  readComparison,
  summarize,
  type Summary,
} from "../metrics/statistics.ts";
export { studentQuantile } from "../metrics/student_quantile.ts";
