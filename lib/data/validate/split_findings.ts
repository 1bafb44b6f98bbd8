/**
 * From a split's counts to what they mean for training.
 *
 * @module
 */
import type { Dataset } from "../dataset.ts";
import type { Finding, Severity, SplitReport } from "./data_report.ts";
import { diagnoseValues } from "./diagnose_values.ts";

/** Messages of broken samples that are shown one by one. */
const SHOWN = 3;

/** Says what is wrong or odd with one split. */
export function judgeSplit(
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
  if (read < samples) add("note", `looked at ${read} of ${samples} samples`);
  if (broken.length === read) return findings;
  const labelled = report.pixels.reduce((a, b) => a + b, 0);
  const onlyIgnored = labelled === 0 && report.ignored === sum(report.histogram);
  if (split === "test" && onlyIgnored) {
    add("note", "has no truth: it can be predicted, not scored");
    return findings;
  }
  const values = diagnoseValues(report.histogram, dataset);
  for (const { severity, message } of values) add(severity, message);
  if (values.some(({ severity }) => severity === "error")) return findings;
  judgeAmounts(report, labelled, { add });
  return findings;
}

function judgeAmounts(
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
    add("warning", `${(share * 100).toFixed(0)} % of the pixels are ignored: is that meant?`);
  }
}

/** Classes that are never or hardly learned; `report` is the split that is trained on. */
export function judgeClasses(
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
