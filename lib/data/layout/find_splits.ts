/**
 * Where a folder's splits are: by the names of folders, by names that labels share, by lists.
 *
 * @module
 */
import { basename, join } from "node:path";
import { DataQuestionError, listed } from "../encodings/data_question.ts";
import { folderOf, isClassesFile } from "./classes_files.ts";
import type { FileHints, FilePattern, SplitLayout } from "./folder_layout.ts";
import { type Picture, splitName } from "./image_tree.ts";
import { besideEachOther, withAffix } from "./beside_each_other.ts";
import { findAffixes, nameKey } from "./match_names.ts";
import { indexPattern } from "./pairs_of.ts";
import { lineEntry } from "./read_pairs.ts";
import { linesOf, readText } from "./read_text.ts";

/** What there is, and how lists are taken. */
export interface FindOptions {
  dir: string;
  pictures: readonly Picture[];
  others: readonly string[];
  hints: FileHints;
}

/** Splits by name; all pairs together under "" where nothing divides them. */
export type FoundSplits = Record<string, SplitLayout>;

/**
 * Finds the splits of a folder.
 *
 * @returns `null` where no folder or name tells images from labels.
 * @throws {DataQuestionError} If several folders could be meant, or a list names part of a folder.
 */
export async function findSplits(options: FindOptions): Promise<FoundSplits | null> {
  const places: FoundSplits = {};
  const names = [...new Set(options.pictures.map(({ split }) => split))].sort();
  for (const split of names) {
    const own = options.pictures.filter((one) => one.split === split);
    const parents = ownNames(own);
    if (parents.length > 1 && (split !== "" || areScenes(parents))) {
      const scenes = ofScenes(own, parents);
      if (scenes !== null) {
        places[split] = scenes;
        continue;
      }
    }
    if (parents.length > 1 && split === "") {
      for (const parent of parents) {
        const own = options.pictures.filter(({ base }) => folderOf(base) === parent);
        const found = await placeOf("", { ...options, pictures: own });
        if (found !== null) places[basename(parent)] = found;
      }
      continue;
    }
    const found = await placeOf(split, options);
    if (found !== null) places[split] = found;
  }
  const whole = places[""];
  const divided = Object.keys(places).filter((name) => name !== "");
  const lists = options.hints.lists === "ignore" ? [] : await findLists(options, places);
  if (divided.length > 0) {
    delete places[""];
    return await withLists(places, lists, options);
  }
  if (whole === undefined) return null;
  const splits: FoundSplits = {};
  for (const { split, list } of lists) splits[split] = { ...whole, list };
  return lists.length > 0 ? splits : { "": whole };
}

/** Folders that each hold images and labels: splits under names of their own, `day` and `night`. */
function ownNames(pictures: readonly Picture[]): string[] {
  const parentsOf = (role: Picture["role"]): string[] => [
    ...new Set(
      pictures.filter((one) => one.role === role).map(({ base }) => folderOf(base)),
    ),
  ];
  const [images, labels] = [parentsOf("images"), parentsOf("labels")];
  const isOne = images.length !== labels.length ||
    images.some((parent) => !labels.includes(parent));
  return isOne || new Set(images.map((parent) => basename(parent))).size < images.length
    ? []
    : images.sort();
}

/** Folders that more than one word tells apart: parts of one whole, such as `scene_01`, no splits. */
function areScenes(parents: readonly string[]): boolean {
  const names = parents.map((parent) => basename(parent).toLowerCase());
  const kinds = new Set(names.map((name) => name.replace(/\d+/g, "0")));
  return names.length > 3 || kinds.size === 1;
}

/** Images and labels of all scenes together; `null` where their folders are called differently. */
function ofScenes(pictures: readonly Picture[], parents: readonly string[]): SplitLayout | null {
  const above = new Set(parents.map(folderOf));
  const called = (role: Picture["role"]): string[] => [
    ...new Set(pictures.filter((one) => one.role === role).map(({ base }) => basename(base))),
  ];
  const [images, labels] = [called("images"), called("labels")];
  if (above.size !== 1 || images.length !== 1 || labels.length !== 1) return null;
  const [folder] = [...above].map((parent) => parent === "" ? "*" : `${parent}/*`);
  // As if each scene were a folder below those of images and labels
  const moved = pictures.filter(({ role }) => role === "images" || role === "labels").map((
    one,
  ) => ({
    ...one,
    base: `${folder}/${basename(one.base)}`,
    path: `${folder}/${basename(one.base)}/${basename(folderOf(one.base))}/${one.stem}`,
    stem: `${basename(folderOf(one.base))}/${one.stem}`,
  }));
  const places = [images[0]!, labels[0]!].map((name) => ({ folder: `${folder}/${name}` }));
  return matchFolders(moved, places[0]!, places[1]!);
}

/** Lists beside folders: all of a folder in another order is no question, a part of it is. */
async function withLists(
  places: FoundSplits,
  lists: readonly FoundList[],
  { dir, pictures, hints }: FindOptions,
): Promise<FoundSplits> {
  for (const { split, list, count } of lists) {
    const place = places[split];
    if (place === undefined) continue;
    const all = indexPattern({ dir, pictures }, place.images, place.labels).size;
    if (count < all && hints.lists !== "use") {
      throw new DataQuestionError(
        `${list} names ${count} of the ${all} images in ${
          place.images.folder || "."
        }: say whether ` +
          `it counts, --set data.lists=use (only those) or --set data.lists=ignore (all)`,
      );
    }
    places[split] = { ...place, list };
  }
  return await Promise.resolve(places);
}

async function placeOf(split: string, options: FindOptions): Promise<SplitLayout | null> {
  const own = options.pictures.filter((picture) => picture.split === split);
  const labels = await chooseBase("labels", { own, split, options });
  const named = await chooseBase("images", { own, split, options });
  const free = own.filter(({ role }) => role === null);
  if (labels !== null) {
    // Pictures beside a folder of labels: `trainannot` with `train`, `masks` in a folder of photos
    const images = named ?? freeBase(free, split);
    if (images === null) return null;
    return matchFolders(own, images, labels);
  }
  if (named !== null || free.length === 0) {
    return named === null ? null : besideEachOther(own, named);
  }
  const images = freeBase(free, split);
  return images === null ? null : besideEachOther(free, images);
}

/** The folder of pictures that no folder's name says anything of. */
function freeBase(free: readonly Picture[], split: string): FilePattern | null {
  if (free.length === 0) return null;
  const bases = [...new Set(free.map(({ base }) => base))];
  const base = bases.sort((a, b) => a.length - b.length)[0]!;
  const flat = free.filter((picture) => picture.base === base && !picture.stem.includes("/"));
  // Without a word on splits, folders below may hold anything
  return split === "" && flat.length > 0 ? { folder: base, flat: true } : { folder: base };
}

/** The one folder of a role; the user's where there are several. */
async function chooseBase(
  role: "images" | "labels",
  { own, split, options }: { own: readonly Picture[]; split: string; options: FindOptions },
): Promise<FilePattern | null> {
  const bases = [...new Set(own.filter((one) => one.role === role).map(({ base }) => base))];
  const key = role === "images" ? "imageFolder" : "labelFolder";
  const wanted = options.hints[key] ?? null;
  if (wanted !== null) {
    const hit = bases.find((base) => base === wanted || base.endsWith(`/${wanted}`)) ??
      (split === "" || wanted.includes(split) ? wanted : undefined);
    if (hit !== undefined) return { folder: hit };
  }
  if (bases.length < 2) return bases.length === 0 ? null : { folder: bases[0]! };
  const listedBase = role === "labels" ? await baseInLists(bases, options) : null;
  if (listedBase !== null) return { folder: listedBase };
  throw new DataQuestionError(
    `there are several folders of ${role}, ${listed(bases)}: say which counts, ` +
      bases.slice(0, 2).map((base) => `--set data.${key}=${base}`).join(" or "),
  );
}

/** The only folder that the second columns of lists name. */
async function baseInLists(
  bases: readonly string[],
  { dir, others }: FindOptions,
): Promise<string | null> {
  const named = new Set<string>();
  for (const list of listFiles(others)) {
    for (const { line } of linesOf(await readText(join(dir, list)))) {
      const path = line.split(/[\t,;]|\s+/).at(-1)!.replaceAll("\\", "/");
      const folder = folderOf(path).split("/").at(-1)!;
      const base = bases.find((one) => basename(one) === folder);
      if (base !== undefined && line !== path) named.add(base);
    }
  }
  return named.size === 1 ? [...named][0]! : null;
}

/** Two folders: what their names have beside the sample's, and whether case counts. */
function matchFolders(
  own: readonly Picture[],
  images: FilePattern,
  labels: FilePattern,
): SplitLayout {
  const stemsIn = ({ folder, flat = false }: FilePattern): string[] => {
    const below = folder === "" ? "" : `${folder}/`;
    return own.filter(({ path, base }) =>
      path.startsWith(below) && (base === folder) &&
      (!flat || !path.slice(below.length).includes("/"))
    ).map(({ stem }) => stem);
  };
  const [names, masks] = [stemsIn(images), stemsIn(labels)];
  const affixes = findAffixes(names, masks);
  const layout = {
    images: withAffix(images, affixes.images),
    labels: withAffix(labels, affixes.labels),
  };
  const keys = new Set(names.map(nameKey));
  const equal = masks.filter((mask) => keys.has(nameKey(mask))).length;
  const lower = new Set(names.map((name) => nameKey(name).toLowerCase()));
  const folded = masks.filter((mask) => lower.has(nameKey(mask).toLowerCase())).length;
  const hasAffix = affixes.labels.prefix + affixes.labels.suffix + affixes.images.prefix +
      affixes.images.suffix !== "";
  const isFolded = folded > equal && lower.size === names.length &&
    (!hasAffix || folded === masks.length);
  return isFolded
    ? { images: { ...images, ignoreCase: true }, labels: { ...labels, ignoreCase: true } }
    : layout;
}

/** A list and the split that it makes. */
interface FoundList {
  split: string;
  /** Path below the folder. */
  list: string;
  count: number;
}

/** Texts that may list samples. */
function listFiles(others: readonly string[]): string[] {
  const texts = others.filter((path) =>
    /\.(txt|lst|csv)$/i.test(path) && !isClassesFile(path) &&
    !/^(readme|license|licence|requirements|changelog|notes)/i.test(basename(path))
  );
  const voc = texts.filter((path) => /(^|\/)ImageSets\/Segmentation\/[^/]+$/i.test(path));
  if (voc.length > 0) return voc;
  return texts.filter((path) => path.split("/").length <= 3 && !/(^|\/)ImageSets\//i.test(path));
}

/** The lists whose lines name pictures; one that has a split's name must. */
async function findLists(
  { dir, pictures, others }: FindOptions,
  places: FoundSplits,
): Promise<FoundList[]> {
  const found: FoundList[] = [];
  const [any] = Object.values(places);
  if (any === undefined) return found;
  const paths = new Set(pictures.map(({ path }) => nameKey(path)));
  for (const list of listFiles(others)) {
    const name = basename(list).replace(/\.[^.]+$/, "");
    const split = splitName(name);
    const place = places[split] ?? places[""] ?? any;
    const names = new Map<string, string>();
    for (const [own, path] of indexPattern({ dir, pictures }, place.images, place.labels)) {
      for (
        const key of [
          own,
          nameKey(path),
          nameKey(path).replace(/\.[^./]+$/, ""),
          nameKey(path).split("/").at(-1)!,
        ]
      ) {
        names.set(key, own);
      }
    }
    const lines = linesOf(await readText(join(dir, list)));
    const hits = lines.filter(({ line }) => lineEntry(line, { names, paths }) !== null).length;
    const isUsual = ["train", "val", "test"].includes(split);
    if (isUsual ? lines.length === 0 && places[""] === undefined : hits === 0) continue;
    found.push({ split, list, count: hits });
  }
  return found;
}
