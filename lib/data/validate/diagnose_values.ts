/**
 * The usual culprits behind label values that are no classes.
 *
 * @module
 */
import type { Dataset } from "../dataset.ts";
import type { Finding } from "./data_report.ts";

/** Faults of a whole split's label values. */
export type ValueFinding = Pick<Finding, "severity" | "message">;

/**
 * Says what is wrong with the label values of a split, and how it most likely came about.
 *
 * @param histogram Pixels of each value, 0..255.
 * @param dataset What the values should mean.
 * @example
 * ```ts
 * import { diagnoseValues } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const classes = ["sky", "road"].map((name) => ({ name, color: [0, 0, 0] as [0, 0, 0] }));
 * const histogram = Array.from({ length: 256 }, (_, value) => value === 1 || value === 2 ? 9 : 0);
 * const [finding] = diagnoseValues(histogram, { classes, ignoreLabel: 255 });
 * assert.match(finding!.message, /labels count from 1: subtract 1/);
 * ```
 */
export function diagnoseValues(
  histogram: readonly number[],
  { classes, ignoreLabel }: Pick<Dataset, "classes" | "ignoreLabel">,
): ValueFinding[] {
  const values = histogram.flatMap((count, value) => count > 0 ? [value] : []);
  if (values.length === 0) return [];
  const strays = values.filter((value) => value >= classes.length && value !== ignoreLabel);
  const context = { values, strays, count: classes.length, ignoreLabel };
  const culprit = viewingMask(context) ?? (strays.length === 0 ? null : undeclared(context));
  const findings: ValueFinding[] = culprit === null
    ? []
    : [{ severity: "error", message: culprit }];
  if (strays.length === 0 && !values.some((value) => value !== ignoreLabel)) {
    findings.push({
      severity: "error",
      message: `every pixel has the ignore label ${ignoreLabel}: there is nothing to learn from`,
    });
  }
  if (ignoreLabel < classes.length) {
    findings.push({
      severity: "warning",
      message:
        `the ignore label ${ignoreLabel} is also the class ${
          classes[ignoreLabel]!.name
        }: it is never learned; if only pixels without a class should be left out, give them a ` +
        `value of their own`,
    });
  }
  return findings;
}

interface ValueContext {
  /** The values that occur, in order. */
  values: number[];
  /** Those that are neither class nor ignore label. */
  strays: number[];
  /** Number of classes. */
  count: number;
  ignoreLabel: number;
}

/** Masks drawn to be looked at: 0 and 255, or classes spread evenly over 0..255. */
function viewingMask({ values, strays, count }: ValueContext): string | null {
  if (values.length < 2 || values[0] !== 0 || count < 2) return null;
  if (values.length === 2 && values[1] === 255) {
    return `labels are 0/255 masks: 255 should be the object's class, but is ${
      strays.length > 0 ? "no class" : "the ignore label, so that only class 0 is ever seen"
    }; write class indices: 0 and 1`;
  }
  const steps = [Math.floor(255 / count), Math.floor(255 / (count - 1)), 85, 17];
  const step = steps.find((step) =>
    step > 1 && strays.length > 0 && values.every((value) => isMultiple(value, step))
  );
  return step === undefined
    ? null
    : `labels are stretched for viewing: values ${list(values)} are multiples of ${step}; write ` +
      `class indices instead, 0..${count - 1}`;
}

/** Such a mask may end at 255 by rounding. */
function isMultiple(value: number, step: number): boolean {
  return value % step === 0 || value % step === 255 % step && value === 255;
}

function undeclared({ values, strays, count, ignoreLabel }: ValueContext): string {
  const found = `label ${strays.length === 1 ? "value" : "values"} ${list(strays)} ${
    strays.length === 1 ? "is" : "are"
  } neither a class (0..${count - 1}) nor the ignore label (${ignoreLabel})`;
  if (strays.length === 1 && strays[0] === count) {
    return values.includes(0)
      ? `${found}: there is one more class than declared; add it, or if it marks pixels to leave ` +
        `out (void), declare that: "ignore": ${count} in classes.json`
      : `${found} and 0 never occurs: labels count from 1: subtract 1`;
  }
  if (strays.length === 1 && strays[0] === 255) {
    return `${found}: if it marks pixels to leave out (void), declare that: "ignore": 255 in ` +
      `classes.json`;
  }
  if (strays.length > 20) {
    return `${found}: so many values are shades of colour or were altered by JPEG or by resizing; ` +
      `write class indices as PNG, resized by the nearest pixel`;
  }
  return `${found}: declare these classes, or map the values to class indices`;
}

/** The first few of many. */
function list(values: readonly number[]): string {
  const shown = values.slice(0, 8).join(", ");
  return values.length > 8 ? `${shown} and ${values.length - 8} more` : shown;
}
