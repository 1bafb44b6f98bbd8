/**
 * The pairs of a split, by an explicit layout.
 *
 * @module
 */
import { join } from "node:path";
import { MissingSplitError } from "../dataset.ts";
import type { FilePair } from "../readers/pair_dataset.ts";
import type { FilePattern, FolderLayout } from "./folder_layout.ts";
import type { Picture } from "./image_tree.ts";
import { nameKey, strip } from "./match_names.ts";
import { readPairs } from "./read_pairs.ts";

/** The layout's splits and the pictures of the folder. */
export interface PairSource {
  dir: string;
  pictures: readonly Picture[];
  splits: FolderLayout["splits"];
}

/**
 * The pairs of a split, in order.
 *
 * @throws {MissingSplitError} If there is no such split, or it is empty.
 * @throws {RangeError} If two pictures have one name, or a list is wrong.
 * @throws {Error} If an image or a label lacks its partner; names the first and their number.
 */
export async function pairsOf(source: PairSource, split: string): Promise<FilePair[]> {
  const { dir, splits } = source;
  const where = `split "${split}" of "${dir}"`;
  const known = Object.keys(splits);
  const own = Object.hasOwn(splits, split) ? splits[split]! : null;
  if (own === null) {
    throw new MissingSplitError(
      `Cannot open ${where}: there is none of that name, available: ${known.join(", ")}`,
    );
  }
  const labels = indexPattern(source, own.labels, null);
  const images = indexPattern(source, own.images, own.labels);
  const left = new Set(own.without === undefined ? [] : await namesOf(source, own.without));
  const wanted = own.names === undefined ? null : new Set(own.names);
  const isMeant = (name: string): boolean => !left.has(name) && (wanted?.has(name) ?? true);
  let pairs: FilePair[];
  if (own.list !== undefined) {
    const names = new Map<string, string>();
    for (const [name, path] of images) {
      names.set(nameKey(name), name);
      names.set(nameKey(path), name);
      names.set(nameKey(path).replace(/\.[^./]+$/, ""), name);
      const base = nameKey(path).split("/").at(-1)!;
      if (!names.has(base)) names.set(base, name);
    }
    const paths = new Set(source.pictures.map(({ path }) => nameKey(path)));
    const real = new Map(source.pictures.map(({ path }) => [nameKey(path), path]));
    const entries = await readPairs(join(dir, own.list), { names, paths });
    const lacking = entries.filter(({ name, label }) => label === null && !labels.has(name));
    if (lacking.length > 0) {
      throw lackError({
        where,
        what: "label",
        names: lacking.map(({ name }) => name),
        folder: join(dir, own.labels.folder),
      });
    }
    pairs = entries.map(({ name, label }) => ({
      id: name,
      image: join(dir, images.get(name)!),
      label: join(dir, label === null ? labels.get(name)! : real.get(label)!),
    }));
    pairs = pairs.filter(({ id }) => isMeant(id));
  } else {
    const [ids, others] = [[...images.keys()].filter(isMeant), [...labels.keys()].filter(isMeant)];
    const missing = (wanted === null ? others : [...wanted]).filter((name) => !images.has(name));
    if (missing.length > 0) {
      throw lackError({
        where,
        what: "image",
        names: missing,
        folder: join(dir, own.images.folder),
      });
    }
    const bare = ids.filter((name) => !labels.has(name));
    if (bare.length > 0) {
      throw lackError({ where, what: "label", names: bare, folder: join(dir, own.labels.folder) });
    }
    pairs = ids.map((id) => ({
      id,
      image: join(dir, images.get(id)!),
      label: join(dir, labels.get(id)!),
    }));
  }
  if (pairs.length > 0) return pairs;
  const others = known.filter((name) => name !== split);
  throw new MissingSplitError(
    `Cannot open ${where}: it is empty` +
      (others.length > 0 ? `, other splits: ${others.join(", ")}` : ""),
  );
}

async function namesOf(source: PairSource, split: string): Promise<string[]> {
  const own = source.splits[split]!;
  return own.names ?? (await pairsOf(source, split)).map(({ id }) => id);
}

function lackError(
  { where, what, names, folder }: { where: string; what: string; names: string[]; folder: string },
): Error {
  return new Error(
    `Cannot open ${where}: no ${what} named "${names[0]}" in "${folder}"` +
      (names.length > 1 ? `, nor ${names.length - 1} more` : ""),
  );
}

/**
 * The files of a pattern by the sample's name.
 *
 * @param besides A pattern whose files are left out, where they are in the same folder or below it.
 * @throws {RangeError} If two files have one name.
 */
export function indexPattern(
  { dir, pictures }: Pick<PairSource, "dir" | "pictures">,
  pattern: FilePattern,
  besides: FilePattern | null,
): Map<string, string> {
  const found = new Map<string, string>();
  const left = besides !== null && isWithin(besides.folder, pattern.folder) &&
      JSON.stringify(besides) !== JSON.stringify(pattern)
    ? besides
    : null;
  for (const { path } of pictures) {
    const name = nameIn(path, pattern);
    if (name === null || (left !== null && nameIn(path, left) !== null)) continue;
    const other = found.get(name);
    if (other !== undefined) {
      throw new RangeError(
        `Cannot use two files of one name: "${join(dir, other)}" and "${join(dir, path)}", ` +
          `remove one of them or rename it with its partner`,
      );
    }
    found.set(name, path);
  }
  return found;
}

/** Whether a folder is another one, or below it. */
function isWithin(folder: string, other: string): boolean {
  return folder === other || other === "" || folder.startsWith(`${other}/`);
}

/**
 * What of a path is below a folder; `null` where nothing is. A `*` in the folder stands for one name,
 * which then comes first: `scene1/images/a.png` in `*` + `/images` is `scene1/a.png`.
 */
function belowFolder(path: string, folder: string): string | null {
  const star = folder.split("/").indexOf("*");
  if (star < 0) {
    if (folder === "") return path;
    return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;
  }
  const names = folder.split("/");
  const parts = path.split("/");
  const isBelow = parts.length > names.length &&
    names.every((name, i) => i === star || name === parts[i]);
  return isBelow ? [parts[star], ...parts.slice(names.length)].join("/") : null;
}

/** The sample's name of a path; `null` where the path is not of the pattern. */
function nameIn(path: string, pattern: FilePattern): string | null {
  const { folder, extensions, flat = false } = pattern;
  const below = belowFolder(path, folder);
  if (below === null) return null;
  if (flat && below.includes("/")) return null;
  const dot = below.lastIndexOf(".");
  if (extensions !== undefined && !extensions.includes(below.slice(dot).toLowerCase())) return null;
  const name = strip(nameKey(below.slice(0, dot)), pattern);
  return name === null ? null : pattern.ignoreCase === true ? name.toLowerCase() : name;
}
