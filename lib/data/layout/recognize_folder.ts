/**
 * Finds out how a folder is read, says it, and never guesses where it could be read in two ways.
 *
 * @module
 */
import { join, relative } from "node:path";
import { count, printable } from "../../util/format.ts";
import { DamagedFileError, MissingSplitError } from "../dataset.ts";
import { DataQuestionError } from "../encodings/data_question.ts";
import { decideEncoding } from "../encodings/decide_encoding.ts";
import type { LabelFile } from "../encodings/decided_labels.ts";
import { labelEncodings } from "../encodings/registry.ts";
import type { FilePair } from "../readers/pair_dataset.ts";
import { IMAGE_EXTENSIONS } from "../readers/listing.ts";
import { scanLabels } from "../scan/scan_labels.ts";
import type { ScanProgress } from "../scan/scan_threads.ts";
import { findClasses } from "./classes_files.ts";
import { findSplits, type FoundSplits } from "./find_splits.ts";
import type { DataHints, FilePattern, FolderLayout } from "./folder_layout.ts";
import { listTree, type Picture } from "./image_tree.ts";
import { pairsOf } from "./pairs_of.ts";
import { drawValidation } from "./split_rule.ts";

/** A folder, and how it is read. */
export interface RecognizedFolder {
  layout: FolderLayout;
  /** One line: layout, encoding, classes and where their names are from, splits. */
  said: string;
  /** What is in the folder and is not read, a line each. */
  notices: string[];
}

/**
 * Recognises a folder of images and label files.
 *
 * @throws {DataQuestionError} If it can be read in several ways, or in none; names the commands.
 * @throws {DamagedFileError} If a label file is damaged.
 * @throws {MissingSplitError} If there is nothing to read.
 */
export async function recognizeFolder(
  dir: string,
  hints: DataHints,
  onProgress?: ScanProgress,
): Promise<RecognizedFolder> {
  const { pictures, others } = await listTree(dir);
  const ask = (error: unknown): never => {
    if (error instanceof DataQuestionError) {
      throw new DataQuestionError(`Cannot read "${dir}": ${error.message}`);
    }
    throw error;
  };
  const given = await findClasses(dir, others);
  const found = await findSplits({ dir, pictures, others, hints }).catch(ask);
  if (found === null || Object.keys(found).length === 0) {
    throw new MissingSplitError(nothingFound(dir, pictures));
  }
  const pairs = new Map<string, FilePair[]>();
  const faults = new Map<string, Error>();
  for (const split of Object.keys(found)) {
    try {
      pairs.set(split, await pairsOf({ dir, pictures, splits: found }, split));
    } catch (error) {
      faults.set(split, error as Error);
    }
  }
  // A split that cannot be opened stays one: opening it says why
  if (pairs.size === 0) {
    const all = [...faults.values()];
    throw all.find((error) => !(error instanceof MissingSplitError)) ?? all[0]!;
  }
  refuseUnread([...pairs.values()].flat());
  const paths = [...new Set([...pairs.values()].flat().map(({ label }) => relative(dir, label)))];
  const scans = await scanLabels(dir, paths, onProgress);
  const files: LabelFile[] = [];
  for (const [i, scan] of scans.entries()) {
    if ("facts" in scan) files.push({ path: paths[i]!.replaceAll("\\", "/"), facts: scan.facts });
  }
  if (files.length === 0) throw new DamagedFileError((scans[0] as { fault: string }).fault);
  let decided;
  try {
    decided = decideEncoding({ files, given, hints: { ...given?.hints, ...stated(hints) } });
  } catch (error) {
    return ask(error);
  }
  const present = new Map(files.map(({ path, facts }) => [
    path,
    (facts.kind === "color" ? facts.colors : facts.values).map(([value]) => value),
  ]));
  const drawn = drawSplits(found, {
    pairs,
    hints,
    presentIn: ({ label }) => present.get(relative(dir, label).replaceAll("\\", "/")) ?? [],
  });
  const { encoding, classes, ignore } = decided;
  const layout: FolderLayout = {
    splits: drawn.splits,
    encoding,
    classes,
    ignore,
    namesFrom: hints.labelMap != null && given === null
      ? "data.labelMap"
      : given?.from ?? "the values",
  };
  const unread = given?.unread ?? [];
  const notices = [
    ...unused(dir, pictures, pairs),
    ...(unread.length === 0
      ? []
      : [`${given!.from} has keys that are not read: ${unread.map(printable).join(", ")}`]),
  ];
  return { layout, said: describe(layout, drawn.counts, drawn.rule), notices };
}

/** Whether folders or names of a folder tell images from labels; never rejects. */
export async function looksLikePairs(dir: string): Promise<boolean> {
  try {
    const found = await findSplits({ dir, ...await listTree(dir), hints: {} });
    return found !== null && Object.keys(found).length > 0;
  } catch (error) {
    return error instanceof DataQuestionError;
  }
}

/** Hints that were given, so that those of classes.json count where none is. */
function stated(hints: DataHints): DataHints {
  return Object.fromEntries(
    Object.entries(hints).filter(([, value]) =>
      value !== null && value !== false && value !== "auto"
    ),
  );
}

function nothingFound(dir: string, pictures: readonly Picture[]): string {
  const folders = [
    ...new Set(pictures.map(({ path }) => path.split("/").slice(0, -1).join("/") || ".")),
  ];
  return `Cannot read "${dir}": ` +
    (pictures.length === 0
      ? "there are no pictures in it"
      : `${count(pictures.length)} pictures in ${folders.slice(0, 4).join(", ")}${
        folders.length > 4 ? ", …" : ""
      }, but nothing tells images from labels`) +
    "; expected train/images and train/labels, or images, labels and train.txt, or NAME.jpg with " +
    "NAME_mask.png";
}

/** Pictures that no decoder reads are named, not left out. */
function refuseUnread(pairs: readonly FilePair[]): void {
  const numbers = new Map<string, number>();
  for (const { image, label } of pairs) {
    for (const path of [image, label]) {
      const extension = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? "";
      if (IMAGE_EXTENSIONS.includes(extension)) continue;
      numbers.set(extension, (numbers.get(extension) ?? 0) + 1);
    }
  }
  if (numbers.size === 0) return;
  const what = [...numbers].map(([extension, n]) =>
    `${n} ${extension} ${n === 1 ? "file" : "files"}`
  );
  throw new DataQuestionError(
    `${what.join(" and ")} of the data set cannot be read, such as "${
      pairs.flatMap(({ image, label }) => [image, label]).find((path) =>
        !IMAGE_EXTENSIONS.includes(/\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? "")
      )
    }": convert them to PNG, or remove them with their partners`,
  );
}

/** What drawing a split needs. */
interface DrawOptions {
  pairs: ReadonlyMap<string, FilePair[]>;
  hints: DataHints;
  presentIn(pair: FilePair): number[];
}

/** What pairs are called that nothing divides; CVAT calls its list default. */
const UNDIVIDED = ["", "train", "default", "all", "trainval"];

/** Draws the validation split where there is none, from the training split or from all. */
function drawSplits(
  found: FoundSplits,
  { pairs, hints, presentIn }: DrawOptions,
): { splits: FolderLayout["splits"]; counts: Record<string, number>; rule: string | null } {
  const counts = Object.fromEntries([...pairs].map(([name, all]) => [name, all.length]));
  const splits = { ...found };
  const names = Object.keys(found).filter((name) => name !== "test");
  const from = names.length === 1 && UNDIVIDED.includes(names[0]!) ? names[0]! : null;
  if (from === null || !pairs.has(from)) return { splits, counts, rule: null };
  const samples = pairs.get(from)!.map((pair) => ({ name: pair.id, present: presentIn(pair) }));
  if (samples.length < 2) {
    if (from !== "") return { splits, counts, rule: null };
    const { "": whole, ...others } = splits;
    return { splits: { ...others, train: whole! }, counts: { train: samples.length }, rule: null };
  }
  const drawn = drawValidation(samples, hints);
  const { [from]: whole, ...others } = splits;
  const { valFraction = 0.2, folds = 0, fold = 0 } = hints;
  const left = samples.length - drawn.length;
  return {
    splits: {
      train: { ...whole!, without: "val" },
      val: { ...whole!, names: drawn },
      ...others,
    },
    counts: { ...counts, [from]: 0, train: left, val: drawn.length },
    rule: folds > 0
      ? `drawn: part ${fold} of ${folds}, stratified by classes`
      : `drawn: ${valFraction * 100} % of ${samples.length} for validation, stratified by classes`,
  };
}

function describe(
  { splits, encoding, classes, ignore, namesFrom }: FolderLayout,
  counts: Readonly<Record<string, number>>,
  rule: string | null,
): string {
  const [first] = Object.values(splits);
  const names = classes.slice(0, 6).map(({ name }) => name).join(", ") +
    (classes.length > 6 ? `, … (${classes.length})` : "");
  const sizes = Object.keys(splits).map((name) => `${name} ${counts[name] ?? 0}`).join(", ");
  const how = rule ??
    (Object.values(splits).some(({ list }) => list !== undefined) ? "by lists" : "by folders");
  return `images in ${show(first!.images)}, labels in ${show(first!.labels)}; ${
    labelEncodings.get(encoding.name).describe(encoding)
  }; classes ${names} from ${namesFrom}, ${
    ignore === null ? "nothing ignored" : `${ignore} ignored`
  }; ${sizes} (${how})`;
}

function show({ folder, prefix = "", suffix = "", extensions }: FilePattern): string {
  const isPlain = prefix + suffix === "" && extensions === undefined;
  const name = isPlain ? "" : `${prefix}NAME${suffix}${extensions?.[0] ?? ""}`;
  return join(folder, name).replaceAll("\\", "/");
}

/** Pictures that no split holds, by their folders. */
function unused(
  dir: string,
  pictures: readonly Picture[],
  pairs: ReadonlyMap<string, FilePair[]>,
): string[] {
  const used = new Set<string>();
  for (const { image, label } of [...pairs.values()].flat()) {
    used.add(relative(dir, image).replaceAll("\\", "/")).add(
      relative(dir, label).replaceAll("\\", "/"),
    );
  }
  const folders = new Map<string, number>();
  for (const { path } of pictures) {
    if (used.has(path)) continue;
    const folder = path.split("/").slice(0, -1).join("/") || ".";
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  if (folders.size === 0) return [];
  const all = [...folders.values()].reduce((a, b) => a + b, 0);
  const shown = [...folders].slice(0, 4).map(([folder, n]) => `${folder} (${n})`).join(", ");
  return [
    `${count(all)} ${all === 1 ? "picture is" : "pictures are"} in no split: ${shown}` +
    (folders.size > 4 ? ", …" : ""),
  ];
}
