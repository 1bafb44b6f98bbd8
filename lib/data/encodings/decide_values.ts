/**
 * What single values mean: class indices, 0/255 masks, or values that only the user can name.
 *
 * @module
 */
import { classRole } from "../annotations/class_role.ts";
import type { ClassInfo } from "../dataset.ts";
import { DataQuestionError, listed } from "./data_question.ts";
import { isBlackAndWhite } from "./mask_facts.ts";
import {
  type DecidedLabels,
  type DecideOptions,
  type LabelFile,
  named,
  twoClasses,
} from "./decided_labels.ts";

/** Decides by the values of all files. */
export function decideByValues(options: DecideOptions): DecidedLabels {
  const { files, given, hints } = options;
  const { encoding = "auto", reduceZero = false } = hints;
  const explicit = hints.ignore ?? given?.ignore;
  const ignore = explicit === undefined || explicit === null ? 255 : explicit;
  const stated = explicit !== undefined && explicit !== null;
  const declared = given?.ignore === null || (explicit ?? 0) < 0 ? null : ignore;
  const count = given?.classes.length ?? null;
  const stretched = isStretched(options, count);
  const values = isFullScale(files) ? [0, 255] : valuesOf(files, stretched);
  const index = { name: "index", ...(stretched && { stretched: true }) };
  // Where values are looked up, the value that is left out need not be free among the classes
  const looked = (
    classes: DecidedLabels["classes"],
    places: readonly (readonly [value: number, place: number])[],
  ): DecidedLabels => ({
    encoding: {
      name: "map",
      values: Object.fromEntries([
        ...places,
        ...declared === null ? [] : [[declared, -1] as const],
      ]),
    },
    classes,
    ignore: declared === null && !reduceZero ? null : 255,
  });
  const decided = (classes: DecidedLabels["classes"]): DecidedLabels => {
    if (reduceZero && declared !== 255) {
      return looked(classes, [[0, -1], ...classes.map((_, place) => [place + 1, place] as const)]);
    }
    return {
      encoding: reduceZero ? { ...index, subtract: 1 } : index,
      classes,
      ignore: declared,
    };
  };

  if (given?.ids != null) {
    return looked(given.classes, given.ids.map((id, place) => [id, place] as const));
  }
  if (encoding === "binary") {
    return { ...twoClasses(given), encoding: { name: "binary", threshold: thresholdOf(values) } };
  }
  if (encoding === "index" || reduceZero) {
    const most = Math.max(0, ...values.filter((value) => value !== declared)) -
      (reduceZero ? 1 : 0);
    return decided(given?.classes ?? numbered(Math.min(most + 1, 255)));
  }
  const top = values.at(-1)!;
  if (top > 255) throw beyondBytes(files, values);
  if (count === 1 && labelsBeyond(values, ignore)) {
    throw new DataQuestionError(
      `${given!.from} names one class, "${given!.classes[0]!.name}", and the masks hold ${
        listed(values)
      }: the background is a class too; name it first, {"classes": ["background", "${
        given!.classes[0]!.name
      }"]}`,
    );
  }
  if (values.length > 1 && values[0] === 0 && (count === 2 || count === null)) {
    const two = values.length === 2;
    if (two && top === 255) {
      if (!stated) {
        return { ...twoClasses(given), encoding: { name: "binary", value: 255 } };
      }
      if (ignore === 255) {
        throw new DataQuestionError(
          `labels are 0/255 masks, and ${
            given?.ignore === 255 ? given.from : "data.ignore"
          } leaves 255 out, so that only class 0 would be learned: say which is meant, --set ` +
            `data.encoding=binary (255 is class 1) or --set data.encoding=index (255 is left out)`,
        );
      }
    }
    if (two && top > 1 && top !== ignore) {
      if (count === 2) return { ...twoClasses(given), encoding: { name: "binary", value: top } };
    }
    if (!stated && values.join() === "0,1,255") refuseTwoScales(files);
    if (values.length > 12 && top > 200 && values.filter((v) => v > 1 && v < 255).length > 8) {
      throw new DataQuestionError(
        `masks have soft edges: ${values.length} values from 0 to ${top} occur (anti-aliasing), ` +
          `as in ${fileWith(files, values.find((v) => v > 1 && v < 255)!, stretched)}: save them ` +
          `without smoothing, or take everything from 128 up as the object with --set ` +
          `data.encoding=binary`,
      );
    }
  }
  const labels = values.filter((value) => value !== declared);
  if (encoding === "auto" && count !== 2) refuseSoftEdges(files);
  if (count === null) return decided(unnamed(labels, values));
  const undeclared = labels.filter((value) => value >= count);
  if (undeclared.length === 0) {
    const absent = Array.from({ length: count }, (_, c) => c).filter((c) => !values.includes(c));
    if (!stated && declared === 255 && values.includes(255) && absent.length > 0) {
      const names = absent.map((c) => `"${given!.classes[c]!.name}"`);
      throw new DataQuestionError(
        `no label has ${absent.length === 1 ? "the class" : "one of the classes"} ${
          listed(names)
        }, but 255 occurs: say what 255 is, --set data.ignore=255 (left out) or --set ` +
          `'data.labelMap=${
            JSON.stringify(Object.fromEntries([
              ...labels.map((value) => [value, given!.classes[value]!.name]),
              [255, given!.classes[absent[0]!]!.name],
            ]))
          }'`,
      );
    }
    if (encoding === "auto" && labels.length > 1 && labels[0]! > 0 && ignore >= count) {
      const [first] = given!.classes as [ClassInfo];
      if (classRole(first.name) !== "ignore") {
        throw new DataQuestionError(
          `no label has the value 0, the class "${first.name}" of ${given!.from}; the values are ` +
            `${
              listed(labels)
            }: say whether they count from 1, --set data.reduceZero=true, or the ` +
            `class does not occur, --set data.encoding=index`,
        );
      }
    }
    return decided(given!.classes);
  }
  if (labels.length === count && !labels.includes(0) && labels.at(-1) === count) {
    throw new DataQuestionError(
      `labels count from 1: ${given!.from} names ${count} classes, and the values are ${
        listed(labels)
      }: subtract 1 with --set data.reduceZero=true`,
    );
  }
  return decided(given!.classes); // the check before training names the files that are wrong
}

/**
 * Whether all files are black and white, and not all by indices: 1 bit says 1 where 8 bits say 255 and
 * 16 bits 65,535.
 */
function isFullScale(files: readonly LabelFile[]): boolean {
  return files.every(({ facts }) => isBlackAndWhite(facts)) &&
    files.some(({ facts }) => facts.bits >= 8 && facts.values.at(-1)![0] >= 255);
}

/** Files of 0 and 1 beside files of 0 and 255. */
function refuseTwoScales(files: readonly LabelFile[]): void {
  const has = ({ facts }: LabelFile, value: number): boolean =>
    facts.values.some(([own]) => own === value);
  const [one, full] = [1, 255].map((value) =>
    files.filter((file) => has(file, value) && has(file, 0))
  ) as [LabelFile[], LabelFile[]];
  if (one.length === 0 || full.length === 0 || one.some((file) => full.includes(file))) return;
  throw new DataQuestionError(
    `${one.length} masks hold 0 and 1, such as ${
      one[0]!.path
    }, and ${full.length} others 0 and 255, ` +
      `such as ${
        full[0]!.path
      }: say what 255 is, --set data.encoding=binary (class 1, as 1 is) or ` +
      `--set data.ignore=255 (left out)`,
  );
}

/** Least number of pixels, and least share of those along outlines, that make soft edges. */
const LEAST_RAMP = 16;
const RAMP_SHARE = 0.25;

/** Values between those of both neighbours, along the outlines: other classes where there are many. */
function refuseSoftEdges(files: readonly LabelFile[]): void {
  let [ramp, outline] = [0, 0];
  let softest = files[0]!;
  for (const file of files) {
    ramp += file.facts.ramp;
    outline += file.facts.outline;
    if (file.facts.ramp > softest.facts.ramp) softest = file;
  }
  if (ramp < LEAST_RAMP || ramp < outline * RAMP_SHARE) return;
  throw new DataQuestionError(
    `masks have soft edges: ${(ramp / outline * 100).toFixed(0)} % of the pixels along outlines ` +
      `have a value between those of their neighbours, as in ${softest.path} (anti-aliasing, or a ` +
      `size changed by interpolation), which other classes have: save them without smoothing, or ` +
      `take all values as they are with --set data.encoding=index`,
  );
}

function beyondBytes(files: readonly LabelFile[], values: readonly number[]): DataQuestionError {
  const top = values.at(-1)!;
  const isScaled = values.every((value) => value % 257 === 0);
  return new DataQuestionError(
    `labels hold values of 16 bits, up to ${top} in ${fileWith(files, top, false)}` +
      (isScaled ? ", all of them multiples of 257, as where 8 bits were stretched to 16" : "") +
      `: save class indices from 0 to 254 in 8 bits`,
  );
}

/** Whether other values occur than 0 and the ignored one. */
function labelsBeyond(values: readonly number[], ignore: number): boolean {
  return values.some((value) => value !== 0 && value !== ignore) ||
    values.length === 2 && values[1] === 255;
}

/** Classes by their values alone. */
function unnamed(labels: readonly number[], values: readonly number[]): DecidedLabels["classes"] {
  const count = labels.length;
  if (count > 0 && labels.every((value, i) => value === i)) return numbered(count);
  if (count > 0 && labels.every((value, i) => value === i + 1)) {
    throw new DataQuestionError(
      `labels are ${listed(labels)} and never 0, and no file names the classes: say whether they ` +
        `count from 1, --set data.reduceZero=true, or 0 is a class that does not occur, ` +
        `--set data.encoding=index`,
    );
  }
  throw new DataQuestionError(
    count > 64
      ? `labels hold ${count} values from ${labels[0]} to ${
        labels.at(-1)
      }: shades of colour, soft edges or JPEG; save class indices as PNG`
      : `labels are ${listed(values, 12)}, and no file names the classes: name them with --set ` +
        `'data.labelMap={${
          labels.slice(0, 12).map((value) => `"${value}": "class ${value}"`).join(", ")
        }}' (a class, or "ignore")`,
  );
}

function numbered(count: number): DecidedLabels["classes"] {
  return named(Array.from({ length: count }, (_, i) => `class ${i}`));
}

/** Values of all files, as the encoding will give them. */
function valuesOf(files: readonly LabelFile[], stretched: boolean): number[] {
  const values = new Set<number>();
  for (const { facts } of files) {
    for (const [value] of facts.values) values.add(seen(value, facts, stretched));
  }
  return [...values].sort((a, b) => a - b);
}

function seen(value: number, facts: LabelFile["facts"], stretched: boolean): number {
  return stretched && facts.kind === "grey" && (facts.bits === 2 || facts.bits === 4)
    ? value * 255 / ((1 << facts.bits) - 1)
    : value;
}

/**
 * Whether grey of 2 and 4 bits stands for levels up to 255: where its levels are no classes, or files
 * of 8 bits beside it hold such levels.
 */
function isStretched({ files }: DecideOptions, count: number | null): boolean {
  const few = files.filter(({ facts }) =>
    facts.kind === "grey" && (facts.bits === 2 || facts.bits === 4)
  );
  if (few.length === 0 || few.length === files.length) return false;
  const others = new Set<number>();
  for (const { facts } of files) {
    if (facts.bits !== 2 && facts.bits !== 4) {
      for (const [value] of facts.values) others.add(value);
    }
  }
  const raw = few.flatMap(({ facts }) => facts.values.map(([value]) => value));
  const levels = few.flatMap(({ facts }) => facts.values.map(([v]) => seen(v, facts, true)));
  const fits = (all: number[]): boolean =>
    all.every((value) => others.has(value) || count !== null && value < count);
  return !fits(raw) && fits(levels);
}

function thresholdOf(values: readonly number[]): number {
  if (values.join() === "0,1,255") return 1; // files of 0 and 1 beside files of 0 and 255
  const top = Math.min(255, values.at(-1)!);
  return Math.max(1, Math.ceil(top / 2));
}

function fileWith(files: readonly LabelFile[], value: number, stretched: boolean): string {
  const found = files.find(({ facts }) =>
    facts.values.some(([own]) => seen(own, facts, stretched) === value)
  );
  return found?.path ?? files[0]!.path;
}
