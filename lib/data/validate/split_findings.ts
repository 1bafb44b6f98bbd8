/**
 * From a split's counts to what they mean for training.
 *
 * @module
 */
import type { Finding, Severity, SplitReport } from "./data_report.ts";
import type { Dataset } from "../dataset.ts";

/** Messages of broken samples that are shown one by one. */
const SHOWN = 3;

/** What is wrong or unusual in one split. */
export function splitFindings(
  report: SplitReport,
  dataset: Pick<Dataset, "classes" | "ignoreLabel">,
): Finding[] {
  const { split, broken, read, samples } = report;
  const findings: Finding[] = [];
  const add = (severity: Severity, message: string): void => {
    findings.push({ severity, split, message });
  };
  for (const { message } of broken.slice(0, SHOWN)) add("error", message);
  if (broken.length > SHOWN) {
    add("error", `${broken.length - SHOWN} more of ${read} samples cannot be read`);
  }
  if (read < samples) add("note", `read ${read} of ${samples} samples`);
  if (broken.length === read) return findings;
  const labelled = report.pixels.reduce((a, b) => a + b, 0);
  const onlyIgnored = labelled === 0 && report.ignored === sum(report.histogram);
  if (split === "test" && onlyIgnored) {
    add("note", "has no truth: it can be predicted, not scored");
    return findings;
  }
  const values = diagnoseValues(report.histogram, dataset);
  for (const { severity, message } of values) {
    const [stray] = report.strays;
    const where = severity === "error" && stray !== undefined && report.strays.length <= 3
      ? ` (${stray.value} first in ${stray.first}, in ${stray.samples} of ${read} label files)`
      : "";
    add(severity, message + where);
  }
  if (values.some(({ severity }) => severity === "error")) return findings;
  amountFindings(report, labelled, { add });
  return findings;
}

function amountFindings(
  { nearEmpty, uniform, read, broken, ignored }: SplitReport,
  labelled: number,
  { add }: { add: (severity: Severity, message: string) => void },
): void {
  if (nearEmpty.length > 0) {
    add(
      "warning",
      `${nearEmpty.length} of ${read} label maps are nearly empty, less than 1 % of their pixels ` +
        `have a class (${examples(nearEmpty)}): check them or leave them out`,
    );
  }
  if (uniform.length > 0) {
    const isMost = uniform.length > (read - broken.length) / 2;
    add(
      isMost ? "warning" : "note",
      `${uniform.length} of ${read} label maps hold one class only (${examples(uniform)})`,
    );
  }
  const share = ignored / (ignored + labelled);
  if (share > 0.5) {
    add("warning", `${(share * 100).toFixed(0)} % of the pixels are ignored: is that intended?`);
  }
}

/** A training split whose labels show one class: everything else would be learned as that. */
export function oneClassFinding(
  { split, pixels, read, samples }: SplitReport,
  classes: Dataset["classes"],
): Finding[] {
  const present = classes.filter((_, c) => pixels[c]! > 0);
  if (present.length !== 1) return [];
  return [{
    severity: read < samples ? "warning" : "error",
    split,
    message: `all of its ${read} labels show the class "${present[0]!.name}" only` +
      (present[0] === classes[0] ? ", as where a converter left every mask 0" : ""),
  }];
}

/** Classes that are never or hardly learned; `report` is the split that is trained on. */
export function classFindings(
  report: SplitReport,
  { classes, ignoreLabel, others }: Pick<Dataset, "classes" | "ignoreLabel"> & {
    /** The splits that are scored. */
    others: readonly SplitReport[];
  },
): Finding[] {
  const { split, pixels } = report;
  const absent = classes.flatMap((_, c) => c !== ignoreLabel && pixels[c] === 0 ? [c] : []);
  const findings: Finding[] = [];
  if (absent.length > 0) {
    const names = absent.map((c) => {
      const where = others.filter((other) => other.pixels[c]! > 0).map((other) => other.split);
      return where.length > 0
        ? `${classes[c]!.name} (it does in ${where.join(", ")})`
        : classes[c]!.name;
    });
    const [is, occur, it] = absent.length === 1
      ? ["class", "occurs", "it"]
      : ["classes", "occur", "they"];
    const isShifted = absent.length === 1 && absent[0] === 0;
    findings.push({
      severity: report.read < report.samples ? "note" : "warning",
      split,
      message: `${is} ${names.join(", ")} never ${occur}: ` +
        (isShifted ? "do the labels count from 1" : `${it} cannot be learned`),
    });
  }
  for (const [c, { name }] of classes.entries()) {
    if (c === ignoreLabel || !/^(void|unlabell?ed|ignored?)$/i.test(name)) continue;
    findings.push({
      severity: "warning",
      split,
      message: `class ${c} is called ${name} and is learned like any other: to leave its pixels ` +
        `out of losses and scores, declare "ignore": ${c} in classes.json`,
    });
  }
  return findings;
}

function examples(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN).join(", ");
  return ids.length > SHOWN ? `${shown}, …` : shown;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Faults of a whole split's label values. */
export type ValueFinding = Pick<Finding, "severity" | "message">;

/**
 * What is wrong with the label values of a split, and its most likely cause.
 *
 * @param histogram Pixels of each value, 0..255.
 * @param dataset What the values should mean.
 * @example
 * ```ts
 * import { diagnoseValues } from "@segadv/segadv/data";
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
  const undeclared = values.filter((value) => value >= classes.length && value !== ignoreLabel);
  const context = { values, undeclared, count: classes.length, ignoreLabel };
  const fault = stretchedMask(context) ??
    (undeclared.length === 0 ? null : undeclaredValues(context));
  const findings: ValueFinding[] = fault === null ? [] : [{ severity: "error", message: fault }];
  if (undeclared.length === 0 && !values.some((value) => value !== ignoreLabel)) {
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
  undeclared: number[];
  /** Number of classes. */
  count: number;
  ignoreLabel: number;
}

/** Masks made for viewing: 0 and 255, or classes spread evenly over 0..255. */
function stretchedMask({ values, undeclared, count }: ValueContext): string | null {
  if (values.length < 2 || values[0] !== 0 || count < 2) return null;
  if (values.length === 2 && values[1] === 255) {
    return `labels are 0/255 masks: 255 should be the object's class, but is ${
      undeclared.length > 0 ? "no class" : "the ignore label, so that only class 0 is ever learned"
    }; write class indices: 0 and 1`;
  }
  const steps = [Math.floor(255 / count), Math.floor(255 / (count - 1)), 85, 17];
  const step = steps.find((step) =>
    step > 1 && undeclared.length > 0 && values.every((value) => isMultiple(value, step))
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

function undeclaredValues({ values, undeclared, count, ignoreLabel }: ValueContext): string {
  const found = `label ${undeclared.length === 1 ? "value" : "values"} ${list(undeclared)} ${
    undeclared.length === 1 ? "is" : "are"
  } neither a class (0..${count - 1}) nor the ignore label (${ignoreLabel})`;
  if (undeclared.length === 1 && undeclared[0] === count) {
    return values.includes(0)
      ? `${found}: there is one more class than declared; add it, or if it marks pixels to leave ` +
        `out (void), declare that: "ignore": ${count} in classes.json`
      : `${found} and 0 never occurs: labels count from 1: subtract 1`;
  }
  if (undeclared.length === 1 && undeclared[0] === 255) {
    return `${found}: if it marks pixels to leave out (void), declare that: "ignore": 255 in ` +
      `classes.json`;
  }
  if (undeclared.length > 20) {
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
