/**
 * Calibration of a network's probabilities.
 *
 * @module
 */

/** One bar of a reliability diagram. */
export interface ReliabilityBin {
  /** Mean confidence of the pixels in the bin, 0 where there are none. */
  confidence: number;
  /** Share of them that are correct. */
  accuracy: number;
  pixels: number;
}

/** Calibration of the probability maps over a set of pixels. */
export interface Calibration {
  pixels: number;
  accuracy: number;
  /** Expected calibration error over bins of equal width (Guo et al. 2017). */
  ece: number;
  /** Mean −log p(truth), in nats. */
  nll: number;
  /** Mean squared distance to the one-hot truth, summed over classes (Brier 1950). */
  brier: number;
  /** Mean entropy of the maps, in nats: of all, of correct and of wrong pixels. */
  entropy: { all: number; correct: number; wrong: number };
  bins: ReliabilityBin[];
  /** Share of pixels by entropy, from 0 to log(classes), in as many bins. */
  entropyShares: number[];
}

/** Keeps a logarithm finite where float32 rounded a probability to 0. */
const TINY = 1e-12;

/**
 * Adds up probability vectors and their truths.
 *
 * @example
 * ```ts
 * import { CalibrationEvaluation } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const evaluation = new CalibrationEvaluation(2);
 * evaluation.add({ probabilities: [0.8, 0.2, 0.8, 0.2], truth: [0, 1] });
 * const { accuracy, ece } = evaluation.result();
 * assert.equal(accuracy, 0.5);
 * assert.equal(ece.toFixed(6), "0.300000");
 * ```
 */
export class CalibrationEvaluation {
  readonly #classes: number;
  readonly #bins: { confidence: number; correct: number; pixels: number }[];
  readonly #entropyCounts: number[];
  #nll = 0;
  #brier = 0;
  #entropy = { correct: 0, wrong: 0 };

  /**
   * Starts from nothing.
   *
   * @param classes Numbers in a probability vector.
   * @param bins Bars of the reliability diagram; 15 if left out.
   */
  constructor(classes: number, bins = 15) {
    this.#classes = classes;
    this.#bins = Array.from({ length: bins }, () => ({ confidence: 0, correct: 0, pixels: 0 }));
    this.#entropyCounts = Array.from({ length: bins }, () => 0);
  }

  /**
   * Adds pixels.
   *
   * @param pixels `probabilities` `[n * classes]`, row by row, and `truth` `[n]`; a truth that is
   * no class is left out.
   */
  add({ probabilities, truth }: {
    probabilities: ArrayLike<number>;
    truth: ArrayLike<number>;
  }): void {
    const classes = this.#classes;
    if (probabilities.length !== truth.length * classes) {
      throw new RangeError(
        `Cannot add ${truth.length} pixels of ${classes} classes from ${probabilities.length} ` +
          `probabilities: ${truth.length * classes} are needed`,
      );
    }
    for (let i = 0; i < truth.length; i++) {
      if (truth[i]! < classes) this.#addPixel(probabilities, i * classes, truth[i]!);
    }
  }

  #addPixel(p: ArrayLike<number>, from: number, truth: number): void {
    let best = 0;
    let squares = 0;
    let entropy = 0;
    for (let c = 0; c < this.#classes; c++) {
      const value = p[from + c]!;
      if (value > p[from + best]!) best = c;
      squares += (value - (c === truth ? 1 : 0)) ** 2;
      if (value > 0) entropy -= value * Math.log(value);
    }
    const confidence = p[from + best]!;
    const correct = best === truth;
    const count = this.#bins.length;
    const bin = this.#bins[Math.min(count - 1, Math.floor(confidence * count))]!;
    bin.confidence += confidence;
    bin.correct += correct ? 1 : 0;
    bin.pixels++;
    this.#brier += squares;
    this.#nll -= Math.log(Math.max(p[from + truth]!, TINY));
    this.#entropy[correct ? "correct" : "wrong"] += entropy;
    const share = entropy / Math.log(this.#classes);
    this.#entropyCounts[Math.max(0, Math.min(count - 1, Math.floor(share * count)))]!++;
  }

  /** Figures of all pixels added so far; zeros where there are none. */
  result(): Calibration {
    const pixels = this.#bins.reduce((total, bin) => total + bin.pixels, 0);
    const correct = this.#bins.reduce((total, bin) => total + bin.correct, 0);
    const per = (total: number, count: number): number => count > 0 ? total / count : 0;
    const bins = this.#bins.map((bin) => ({
      confidence: per(bin.confidence, bin.pixels),
      accuracy: per(bin.correct, bin.pixels),
      pixels: bin.pixels,
    }));
    const gaps = bins.map((bin) => Math.abs(bin.accuracy - bin.confidence) * bin.pixels);
    return {
      pixels,
      accuracy: per(correct, pixels),
      ece: per(gaps.reduce((a, b) => a + b, 0), pixels),
      nll: per(this.#nll, pixels),
      brier: per(this.#brier, pixels),
      entropy: {
        all: per(this.#entropy.correct + this.#entropy.wrong, pixels),
        correct: per(this.#entropy.correct, correct),
        wrong: per(this.#entropy.wrong, pixels - correct),
      },
      bins,
      entropyShares: this.#entropyCounts.map((count) => per(count, pixels)),
    };
  }
}
