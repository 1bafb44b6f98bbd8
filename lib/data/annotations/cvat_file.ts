/**
 * CVAT's files of annotated images.
 *
 * @module
 */
import type * as Xml from "fast-xml-parser";
import { mebibytes, printable } from "../../util/format.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { DamagedFileError } from "../dataset.ts";
import {
  type AnnotatedImage,
  type NamedShape,
  pictureSize,
  readingOf,
} from "./annotated_dataset.ts";
import { hexColor, type NamedClass } from "./annotation_classes.ts";
import { type ImageFinder, sampleId } from "./find_image.ts";
import { boxRing, type Corner, ellipseRing, isCoordinate } from "./outlines.ts";
import { textOf, wholeOf } from "./parse_json.ts";
import { MAX_VERTICES, type PixelShape, ringOf, vertexCount } from "./rasterize.ts";
import { readHead } from "./read_head.ts";
import { splitNameIn } from "./split_name.ts";

/** Bytes that a file may have: as objects it takes many times as much memory. */
const MAX_XML_BYTES = 2 ** 27;

/** Attributes of an element, by name. */
type Attributes = Readonly<Record<string, string>>;
/** An element as the parser gives it: its children under its name, its attributes under `:@`. */
type XmlNode = Readonly<Record<string, unknown>> & { readonly ":@"?: Attributes };

/** What is kept of a file. */
export interface CvatContent {
  labels: NamedClass[];
  images: { attributes: Attributes; shapes: { name: string; shape: PixelShape; z: number }[] }[];
}

/** Whether a file begins as CVAT's do, by its first bytes. */
export async function looksLikeCvat(path: string): Promise<boolean> {
  return /<annotations>/.test(await readHead(path));
}

/**
 * Reads a file.
 *
 * @throws {DamagedFileError} If it is no XML, has entities of its own, is larger than 128 MiB or holds
 * shapes that cover no pixels; names it.
 */
export async function readCvatFile(path: string): Promise<CvatContent> {
  const bytes = await readBytes(path);
  // Only here: every thread that loads data would read the parser's program
  const xml = await import("fast-xml-parser");
  return readingOf(path, () => {
    if (bytes.length > MAX_XML_BYTES) {
      throw new RangeError(`it has ${mebibytes(bytes.length)}, the most is 128 MiB`);
    }
    const root = parseXml(new TextDecoder().decode(bytes), xml);
    const labels = labelsOf(root);
    const images = childrenOf(root, "image").map((image) => {
      const attributes = attributesOf(image);
      const name = textOf(attributes.name, "the name of an image");
      try {
        return { attributes, shapes: shapesOf(image) };
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new RangeError(`image "${printable(name)}": ${error.message}`);
      }
    });
    if (images.length === 0) {
      throw new RangeError(
        childrenOf(root, "track").length > 0
          ? `it is of "CVAT for video", export "CVAT for images 1.1"`
          : "it holds no images",
      );
    }
    const known = new Set(labels.map(({ name }) => name));
    for (const { shapes } of images) {
      for (const { name } of shapes) {
        if (labels.length > 0 && !known.has(name)) {
          throw new RangeError(`a shape has the label "${printable(name)}", which is not declared`);
        }
        if (!known.has(name)) known.add(name);
      }
    }
    const named = labels.length > 0 ? labels : [...known].sort().map((name) => ({ name }));
    return { labels: named, images };
  });
}

/** Content of the root element. */
function parseXml(text: string, { XMLParser, XMLValidator }: typeof Xml): XmlNode[] {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    throw new RangeError("it declares entities or a document type, which are not read");
  }
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const { line, msg } = valid.err;
    throw new RangeError(`not XML (line ${line}: ${printable(msg).slice(0, 200)})`);
  }
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    processEntities: false,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
  });
  let nodes: XmlNode[];
  try {
    nodes = parser.parse(text);
  } catch (error) {
    throw new RangeError(`not XML (${printable((error as Error).message).slice(0, 200)})`);
  }
  const root = nodes.find((node) => "annotations" in node);
  if (root === undefined) throw new RangeError("its root is not <annotations>");
  return root.annotations as XmlNode[];
}

function childrenOf(nodes: readonly XmlNode[], name: string): XmlNode[] {
  return nodes.filter((node) => Object.hasOwn(node, name));
}

/** The children of the elements at a path. */
function descend(nodes: readonly XmlNode[], ...path: readonly string[]): XmlNode[] {
  let level = [...nodes];
  for (const name of path) {
    level = childrenOf(level, name).flatMap((node) => node[name] as XmlNode[]);
  }
  return level;
}

function textIn(nodes: readonly XmlNode[], name: string): string | undefined {
  const [node] = descend(nodes, name);
  return node === undefined ? undefined : decodeEntities(String(node["#text"] ?? ""));
}

/** Labels of a task, a job or a project, in their order. */
function labelsOf(root: readonly XmlNode[]): NamedClass[] {
  const meta = descend(root, "meta");
  const labels = ["task", "job", "project"].flatMap((name) =>
    childrenOf(descend(meta, name, "labels"), "label").map((node) => node.label as XmlNode[])
  );
  const found = new Map<string, NamedClass>();
  for (const label of labels) {
    const name = textOf(textIn(label, "name"), "the name of a label");
    if (!found.has(name)) found.set(name, { name, color: hexColor(textIn(label, "color")) });
  }
  return [...found.values()];
}

function attributesOf(node: XmlNode): Attributes {
  const entries = Object.entries(node[":@"] ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, decodeEntities(String(value))]));
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

/** The five entities that every XML file may have, and characters by number. */
function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, ten, hex, name) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name]! : whole;
    const code = ten !== undefined ? Number(ten) : parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** How each element covers pixels; `null`: it says something about the whole image. */
const SHAPES: Readonly<Record<string, ((attributes: Attributes) => PixelShape) | null>> = {
  polygon: ({ points }) => ({ rings: [ringOf(pointsOf(points).flat())] }),
  box: ({ xtl, ytl, xbr, ybr }) => ({
    rings: [boxRing([numberOf(xtl), numberOf(ytl)], [numberOf(xbr), numberOf(ybr)])],
  }),
  ellipse: ({ cx, cy, rx, ry, rotation }) => ({
    rings: [ellipseRing(
      [numberOf(cx), numberOf(cy)],
      [numberOf(rx), numberOf(ry)],
      rotation === undefined ? 0 : numberOf(rotation),
    )],
  }),
  mask: ({ rle, left, top, width, height }) => ({
    counts: Float64Array.from((rle ?? "").split(","), (count) => Number(count.trim() || "x")),
    order: "rows",
    box: {
      x: wholeOf(numberOf(left), "the left of a mask"),
      y: wholeOf(numberOf(top), "the top of a mask"),
      width: wholeOf(numberOf(width), "the width of a mask", 1),
      height: wholeOf(numberOf(height), "the height of a mask", 1),
    },
  }),
  tag: null,
};

function shapesOf(image: XmlNode): CvatContent["images"][number]["shapes"] {
  const shapes = (image.image as XmlNode[]).flatMap((node) => {
    const kind = Object.keys(node).find((key) => key !== ":@")!;
    if (kind === "#text" || kind === "tag") return [];
    const make = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : null;
    if (!make) throw new RangeError(`a <${printable(kind)}> covers no pixels, remove it`);
    const attributes = attributesOf(node);
    const z = attributes.z_order === undefined ? 0 : numberOf(attributes.z_order);
    return [{ name: textOf(attributes.label, "its label"), shape: make(attributes), z }];
  });
  const vertices = shapes.reduce((sum, { shape }) => sum + vertexCount(shape), 0);
  if (vertices > MAX_VERTICES) throw new RangeError(`it has more than ${MAX_VERTICES} vertices`);
  return shapes.sort((a, b) => a.z - b.z);
}

function pointsOf(text: string | undefined): Corner[] {
  return (text ?? "").split(";").map((pair) => {
    const [x, y] = pair.split(",");
    return [numberOf(x), numberOf(y)];
  });
}

function numberOf(text: string | undefined): number {
  const value = text === undefined || text.trim() === "" ? NaN : Number(text);
  if (isCoordinate(value)) return value;
  throw new RangeError(`"${printable((text ?? "").slice(0, 40))}" stands where a number must be`);
}

/** The pictures of a file. */
export function annotationsOfCvat(
  { images }: CvatContent,
  { path, folder, split, finder }: {
    path: string;
    folder: string;
    split: string | null;
    finder: ImageFinder;
  },
): AnnotatedImage[] {
  const lacking: string[] = [];
  const found = images.flatMap(({ attributes, shapes }): AnnotatedImage[] => {
    const name = attributes.name!;
    const subset = attributes.subset === undefined ? null : splitNameIn(attributes.subset);
    const near = [folder, `${folder}/images`, ...(subset === null ? [] : [subset])];
    const file = readingOf(path, () => finder.find(name, near));
    if (file === null) {
      lacking.push(name);
      return [];
    }
    const { width, height } = attributes;
    const size = readingOf(
      path,
      () => width === undefined ? null : pictureSize(numberOf(width), numberOf(height)),
    );
    const named: NamedShape[] = shapes.map(({ name, shape }) => ({ name, shape }));
    return [{
      id: sampleId(name, file),
      image: finder.pathOf(file),
      annotations: path,
      size,
      split: subset ?? split,
      shapes: () => named,
    }];
  });
  if (lacking.length > 0) {
    throw new DamagedFileError(
      `Cannot open "${path}": no image named "${printable(lacking[0]!)}" in the folder` +
        (lacking.length > 1 ? `, nor ${lacking.length - 1} more of ${images.length}` : ""),
    );
  }
  return found;
}
