/**
 * Reports of runs: charts, calibration, the health of the game, sinks for other tools.
 *
 * @module
 */
export { type Calibration, CalibrationMeter, type ReliabilityBin } from "../metrics/calibration.ts";
