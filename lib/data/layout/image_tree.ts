/**
 * The files of a data set's folder, with what folders' names say about them.
 *
 * @module
 */
import { extname } from "node:path";
import { namesBelow } from "../readers/listing.ts";

/** Extensions of pictures that people have, whether or not a decoder reads them. */
export const PICTURE_EXTENSIONS: readonly string[] = [
  ".jpg",
  ".jpeg",
  ".png",
  ".bmp",
  ".tif",
  ".tiff",
  ".webp",
  ".gif",
  ".avif",
  ".heic",
  ".jp2",
];

/** A picture and its place. */
export interface Picture {
  /** Path below the data set's folder, with `/`. */
  path: string;
  /** Split that a folder's name says; "" where none does. */
  split: string;
  role: "images" | "labels" | "other" | null;
  /** Folder down to the last one whose name says something. */
  base: string;
  /** Path below `base` without extension. */
  stem: string;
  /** Lower case, with the dot. */
  extension: string;
}

const SPLITS: Readonly<Record<string, string>> = {
  train: "train",
  training: "train",
  val: "val",
  valid: "val",
  validation: "val",
  test: "test",
  testing: "test",
};
const ROLES: Readonly<Record<string, Picture["role"]>> = {
  ...named("images", "images image imgs img jpegimages photos pictures picture input inputs"),
  ...named(
    "labels",
    "labels label masks mask annotations annotation annot ann gt groundtruth segmentationclass " +
      "segmentationclassaug segmentationclassraw segmentationclasspng segmentation segmentations " +
      "segmaps targets target annots",
  ),
  ...named("other", "segmentationobject instances visualization segmentationclassvisualization"),
};

function named(role: Picture["role"], names: string): Record<string, Picture["role"]> {
  return Object.fromEntries(names.split(" ").map((name) => [name, role]));
}

/** Lists a folder: pictures with their places, and all other files. */
export async function listTree(dir: string): Promise<{ pictures: Picture[]; others: string[] }> {
  const pictures: Picture[] = [];
  const others: string[] = [];
  for (const path of (await namesBelow(dir)).sort()) {
    const extension = extname(path);
    if (!PICTURE_EXTENSIONS.includes(extension.toLowerCase())) others.push(path);
    else pictures.push(placeOf(path, extension));
  }
  return { pictures, others };
}

function placeOf(path: string, extension: string): Picture {
  const parts = path.split("/").slice(0, -1);
  let split = "";
  let role: Picture["role"] = null;
  let depth = 0;
  for (const [i, part] of parts.entries()) {
    const said = folderRole(part);
    if (said === null) continue;
    if (said.split !== undefined) split = said.split;
    if (said.role !== undefined) role = said.role;
    depth = i + 1;
  }
  const base = parts.slice(0, depth).join("/");
  const below = depth === 0 ? path : path.slice(base.length + 1);
  return {
    path,
    split,
    role,
    base,
    stem: below.slice(0, below.length - extension.length),
    extension: extension.toLowerCase(),
  };
}

/** What a folder's name says: `train_labels` both a split and a role. */
export function folderRole(
  name: string,
): { split?: string; role?: Picture["role"] } | null {
  const lower = name.toLowerCase();
  const whole = wordRole(lower);
  if (whole !== null) return whole;
  const glued =
    /^(train|training|val|valid|validation|test)(annot|annots|labels?|masks?|images?|imgs?|gt)$/
      .exec(lower);
  const words = glued === null ? lower.split(/[_\-. ]+/) : glued.slice(1);
  if (words.length < 2) return null;
  const roles = words.map(wordRole);
  const known = roles.filter((said) => said !== null);
  // `img_dir`, `train_labels_v2`: what comes behind may be anything, what comes first must be known
  if (roles[0] === null || known.length === 0) return null;
  return known.reduce((all, one) => ({ ...all, ...one }), {});
}

function wordRole(word: string): { split?: string; role?: Picture["role"] } | null {
  if (Object.hasOwn(SPLITS, word)) return { split: SPLITS[word]! };
  if (Object.hasOwn(ROLES, word)) return { role: ROLES[word]! };
  return null;
}

/** The split that a list's name means, its own name where it is none of the usual ones. */
export function splitName(name: string): string {
  const lower = name.toLowerCase().replace(/[_\-. ]*(list|files|filenames|names|images|set)$/, "");
  return Object.hasOwn(SPLITS, lower) ? SPLITS[lower]! : name;
}
