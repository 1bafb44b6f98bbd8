/**
 * A run that cannot go on.
 *
 * @module
 */
import type { Reading } from "./callbacks/loss_buffer.ts";

/** A loss or weight is NaN or infinite; training on would only spoil the weights. */
export class NonFiniteError extends Error {
  override name = "NonFiniteError";
  /** The first step with a value that is not finite, from 1. */
  readonly step: number;
  /** Samples of that step; empty where a weight was found so. */
  readonly ids: string[];
  /** The last readings that were finite, `null` if there were none. */
  readonly lastFinite: Reading | null;

  constructor(bad: Reading, lastFinite: Reading | null) {
    const [key, value] = Object.entries(bad.logs).find(([, v]) => !Number.isFinite(v))!;
    const before = lastFinite === null
      ? "no step before it"
      : `step ${lastFinite.step} had ${describe(lastFinite)}`;
    const samples = bad.ids.length === 0 ? "" : `samples ${bad.ids.join(", ")}; `;
    super(
      `Cannot go on at step ${bad.step}: ${key} is ${value} (${samples}${before}); lower ` +
        "optimizer.lr or adversarial.discriminator.lr, or set optimizer.clipNorm",
    );
    this.step = bad.step;
    this.ids = bad.ids;
    this.lastFinite = lastFinite;
  }
}

/** Whether every value of a reading is a number. */
export function isFiniteReading(reading: Reading): boolean {
  return Object.values(reading.logs).every(Number.isFinite);
}

function describe({ logs }: Reading): string {
  return Object.entries(logs)
    .filter(([key]) => key.startsWith("loss/"))
    .map(([key, value]) => `${key} ${value.toPrecision(4)}`)
    .join(", ");
}
