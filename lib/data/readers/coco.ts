/**
 * Readers of COCO's annotation files: instances, and things and stuff together.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import {
  type AnnotatedImage,
  type NamedShape,
  openAnnotated,
  readingOf,
} from "../annotations/annotated_dataset.ts";
import type { NamedClass } from "../annotations/annotation_classes.ts";
import { type CocoAnnotation, type CocoContent, readCocoFile } from "../annotations/coco_file.ts";
import { ImageFinder, sampleId } from "../annotations/find_image.ts";
import { parseOnce } from "../annotations/parse_once.ts";
import { readHead } from "../annotations/read_head.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { type Dataset, type DatasetReader, MissingSplitError } from "../dataset.ts";
import { isFolder } from "./listing.ts";

/**
 * Reads `annotations/instances_SPLIT.json` with its pictures anywhere in the folder; also
 * `SPLIT/_annotations.coco.json` as Roboflow exports it, and any other file of that form, one for each
 * split or one for all, and `stuff_SPLIT.json` where there is no other. Polygons and both forms of run lengths are taken. Shapes are painted from the
 * largest to the smallest, so that what lies on something else is seen; crowds are ignored where no
 * instance covers them. Classes stand in the order of their ids.
 */
export const cocoReader: DatasetReader = {
  name: "coco",
  summary: "COCO instances: JSON with polygons or run lengths, also as Roboflow exports it",
  needsDir: true,
  matches: async (dir) => (await findCocoFiles(dir)).length > 0,
  async open({ dir, split, hints }): Promise<Dataset> {
    const files = await findCocoFiles(dir ?? "");
    if (files.length === 0) {
      throw new MissingSplitError(
        `Cannot open COCO data in "${dir}": found no annotations/instances_*.json in it, nor ` +
          `another JSON file with images, annotations and categories`,
      );
    }
    const finder = await ImageFinder.below(dir!);
    const contents: OpenedFile[] = [];
    for (const file of files) {
      const read = (): Promise<CocoContent> => readCocoFile(file.path);
      contents.push({ ...file, ...await parseOnce(`coco ${file.path}`, [file.path], read) });
    }
    const images = contents.flatMap((content) => imagesOf(content, { dir: dir!, finder }));
    const classes = classesOf(contents);
    const free = finder.names.length - new Set(images.map(({ image }) => image)).size;
    const notices = free > 0 ? [`${free} pictures are in no COCO file and are left out`] : [];
    return await openAnnotated({
      name: "coco",
      split,
      where: dir!,
      images,
      classes,
      hints,
      notices,
    });
  },
};

/** A COCO file, and the split that its name or folder tells. */
export interface CocoFile {
  path: string;
  split: string | null;
}

type OpenedFile = CocoFile & CocoContent;

/** Files of other tasks that lie beside the instances. */
const OTHER = /^(captions|person_keypoints|image_info|panoptic|stuff)_/;

/**
 * The files of a folder with instances: those called `instances_*` alone where there are any.
 *
 * @param prefix Another kind of file, such as `panoptic_`.
 */
export async function findCocoFiles(dir: string, prefix = "instances_"): Promise<CocoFile[]> {
  const folders = [dir, join(dir, "annotations")];
  for (const name of await namesIn(dir)) {
    if (splitNameIn(name) !== null && await isFolder(join(dir, name))) {
      folders.push(join(dir, name));
    }
  }
  const files: string[] = [];
  for (const folder of folders) {
    const names = await namesIn(folder);
    files.push(...names.filter((name) => /\.json$/i.test(name)).map((name) => join(folder, name)));
  }
  const named = files.filter((file) => basename(file).startsWith(prefix));
  const likely = named.length > 0 || prefix !== "instances_"
    ? named
    : files.filter((file) => !OTHER.test(basename(file)));
  if (likely.length === 0 && prefix === "instances_") return await findCocoFiles(dir, "stuff_");
  const found: CocoFile[] = [];
  for (const path of likely) if (await looksLikeCoco(path)) found.push({ path, split: null });
  return found.map(({ path }) => ({
    path,
    split: splitNameIn(basename(path)) ?? splitNameIn(relative(dir, join(path, ".."))),
  }));
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith(".")).sort();
}

/** By its first bytes, as the file may be large. */
async function looksLikeCoco(file: string): Promise<boolean> {
  const text = await readHead(file);
  return /^\s*\{/.test(text) && /"(images|annotations|categories)"\s*:\s*\[/.test(text) &&
    !/"(shapes|objects)"\s*:\s*\[/.test(text);
}

/**
 * Categories of all files by id. Roboflow's first category, which all others name as their
 * super-category and no annotation has, is left out.
 */
function classesOf(contents: readonly OpenedFile[]): NamedClass[] {
  const byId = new Map<number, string>();
  const above = new Set<string>();
  const used = new Set<number>();
  for (const { path, categories, used: own } of contents) {
    for (const id of own) used.add(id);
    for (const [id, { name, supercategory }] of categories) {
      above.add(supercategory);
      const other = byId.get(id);
      byId.set(id, name);
      if (other === undefined || other === name) continue;
      readingOf(path, () => {
        throw new RangeError(`category ${id} is "${name}", in another file "${other}"`);
      });
    }
  }
  const isPlaceholder = (id: number, name: string): boolean =>
    id === 0 && !used.has(id) && above.has(name) && byId.size > 1;
  return [...byId].filter(([id, name]) => !isPlaceholder(id, name))
    .sort(([a], [b]) => a - b).map(([, name]) => ({ name }));
}

function imagesOf(
  { path, split, images, annotations, categories }: OpenedFile,
  { dir, finder }: { dir: string; finder: ImageFinder },
): AnnotatedImage[] {
  const folder = relative(dir, join(path, "..")).replaceAll("\\", "/") || ".";
  const stem = basename(path).replace(/^[a-z]+_/, "").replace(/\.json$/i, "");
  const near = [folder, `${folder}/images`, stem, `images/${stem}`, split, `images/${split}`]
    .filter((name) => name !== null && name !== "annotations");
  const lacking: string[] = [];
  const found = images.flatMap(({ id, fileName, size }): AnnotatedImage[] => {
    const name = readingOf(path, () => finder.find(fileName, near as string[]));
    if (name === null) {
      lacking.push(fileName);
      return [];
    }
    const own = annotations.get(id) ?? [];
    return [{
      id: sampleId(fileName, name),
      image: finder.pathOf(name),
      annotations: path,
      size,
      split,
      shapes: () => paintOrder(own).flatMap((annotation) => namedShapes(annotation, categories)),
    }];
  });
  if (lacking.length > 0) {
    throw new Error(
      `Cannot open "${path}": no image named "${lacking[0]}" in "${dir}"` +
        (lacking.length > 1 ? `, nor ${lacking.length - 1} more of ${images.length}` : ""),
    );
  }
  return found;
}

/** Crowds first, then from the largest to the smallest; equal ones as the file has them. */
function paintOrder(annotations: readonly CocoAnnotation[]): CocoAnnotation[] {
  return [...annotations].sort((a, b) => Number(b.isCrowd) - Number(a.isCrowd) || b.area - a.area);
}

function namedShapes(
  { category, isCrowd, shapes }: CocoAnnotation,
  categories: CocoContent["categories"],
): NamedShape[] {
  const name = isCrowd ? null : categories.get(category)!.name;
  return shapes.map((shape) => ({ shape, name }));
}
