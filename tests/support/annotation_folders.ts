/** One small data set of boxes, written in the formats of labelling tools. */
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { encodePng } from "../../lib/data/codecs/png_encode.ts";
import type { ClassInfo } from "../../lib/data/dataset.ts";
import type { Content } from "./dataset_folder.ts";

/** Side of the pictures. */
export const SIDE = 32;
/** Classes of the data set, in index order. */
export const NAMES = ["background", "car", "road"] as const;

/** A box of whole pixels, in which a smaller one may be left out. */
export interface BoxShape {
  name: string;
  /** `x0, y0, x1, y1`, the last two outside. */
  box: readonly [number, number, number, number];
  hole?: readonly [number, number, number, number];
}

/** A picture and its boxes, from the largest to the smallest. */
export interface BoxSample {
  split: "train" | "val";
  name: string;
  boxes: readonly BoxShape[];
}

/** Pictures in both splits, in which the classes overlap. */
export const BOX_SAMPLES: readonly BoxSample[] = Array.from({ length: 6 }, (_, i) => ({
  split: i < 4 ? "train" : "val",
  name: `p${i}`,
  boxes: [
    { name: "road", box: [2, 12 + i, 30, 30] },
    { name: "car", box: [4 + i, 4, 16 + i, 20], hole: [8 + i, 8, 12 + i, 10] },
    { name: "road", box: [6 + i, 22, 9 + i, 25] },
  ],
}));

/** The label map that the boxes stand for: the last of those that overlap is seen. */
export function truthOf({ boxes }: BoxSample): Uint8Array {
  const data = new Uint8Array(SIDE * SIDE);
  for (const { name, box, hole } of boxes) {
    const [x0, y0, x1, y1] = box;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const isHole = hole && x >= hole[0] && x < hole[2] && y >= hole[1] && y < hole[3];
        if (!isHole) data[y * SIDE + x] = NAMES.indexOf(name as never);
      }
    }
  }
  return data;
}

/** A picture that shows its boxes. */
export function pictureOf(sample: BoxSample): Uint8Array {
  const truth = truthOf(sample);
  const shade = BOX_SAMPLES.indexOf(sample);
  const data = Uint8Array.from(
    { length: SIDE * SIDE * 3 },
    (_, i) => 40 + shade + 80 * truth[Math.floor(i / 3)]! + i % 3,
  );
  return encodePng({ width: SIDE, height: SIDE, channels: 3, data });
}

/** The same data set as class indices: what every format must be read as. */
export function indexFolder(classes: readonly ClassInfo[]): Record<string, Content> {
  const files: Record<string, Content> = { "classes.json": { classes, ignore: 255 } };
  for (const sample of BOX_SAMPLES) {
    const { split, name } = sample;
    files[`${split}/images/${name}.png`] = pictureOf(sample);
    const png = { width: SIDE, height: SIDE, channels: 1 as const, data: truthOf(sample) };
    files[`${split}/labels/${name}.png`] = encodePng(png);
  }
  return files;
}

type Corners = readonly [number, number, number, number];

/** The corners of a box in turn. */
function ring([x0, y0, x1, y1]: Corners): number[] {
  return [x0, y0, x1, y0, x1, y1, x0, y1];
}

/** A box with a hole as one outline: a bridge leads to the hole and back. */
function outline({ box, hole }: BoxShape): number[] {
  const outer = ring(box);
  if (hole === undefined) return outer;
  const inner = ring(hole);
  return [...outer, ...outer.slice(0, 2), ...inner, ...inner.slice(0, 2)];
}

function pairs(values: readonly number[]): [number, number][] {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!]);
}

/** The pixels of a box within its bounds, 0 in the hole. */
function maskOf(
  { box: [x0, y0, x1, y1], hole }: BoxShape,
): { width: number; height: number; data: Uint8Array } {
  const [width, height] = [x1 - x0, y1 - y0];
  const data = new Uint8Array(width * height).fill(1);
  if (hole !== undefined) {
    for (let y = hole[1]; y < hole[3]; y++) {
      data.fill(0, (y - y0) * width + hole[0] - x0, (y - y0) * width + hole[2] - x0);
    }
  }
  return { width, height, data };
}

/** Run lengths of flat values, the first of 0. */
function runs(values: ArrayLike<number>): number[] {
  const counts: number[] = [];
  let [value, run] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== value) {
      counts.push(run);
      [value, run] = [values[i]!, 0];
    }
    run++;
  }
  return [...counts, run];
}

/** A mask of the whole picture, down its columns. */
function columns(shape: BoxShape): Uint8Array {
  const { width, height, data } = maskOf(shape);
  const [x0, y0] = shape.box;
  const flat = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) flat[(x + x0) * SIDE + y + y0] = data[y * width + x]!;
  }
  return flat;
}

/** COCO's string of run lengths. */
export function compressRle(counts: readonly number[]): string {
  let text = "";
  for (const [i, count] of counts.entries()) {
    let value = count - (i > 2 ? counts[i - 2]! : 0);
    for (let more = true; more;) {
      const group = value & 31;
      value >>= 5;
      more = (group & 16) !== 0 ? value !== -1 : value !== 0;
      text += String.fromCharCode((group | (more ? 32 : 0)) + 48);
    }
  }
  return text;
}

/** Run lengths as `@thi.ng/rle-pack` has them, for values of 8 bits; single values are not grouped. */
export function packRle(values: Uint8Array): number[] {
  const bits: number[] = [];
  const write = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push(Math.floor(value / 2 ** bit) % 2);
  };
  write(values.length, 32);
  write(7, 5);
  for (const size of [3, 4, 8, 16]) write(size - 1, 4);
  for (let i = 0; i < values.length;) {
    let end = i + 1;
    while (end < values.length && values[end] === values[i] && end - i < 65_536) end++;
    write(1, 1);
    write(3, 2);
    write(end - i - 1, 16);
    write(values[i]!, 8);
    i = end;
  }
  while (bits.length % 8 > 0) bits.push(0);
  return Array.from(
    { length: bits.length / 8 },
    (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).join(""), 2),
  );
}

/** How a COCO annotation says which pixels it has. */
export type CocoForm = "polygon" | "counts" | "compressed";

function coco(form: CocoForm): Record<string, Content> {
  const files: Record<string, Content> = {};
  for (const split of ["train", "val"]) {
    const own = BOX_SAMPLES.filter((sample) => sample.split === split);
    const segmentation = (shape: BoxShape): unknown => {
      if (form === "polygon") return [outline(shape)];
      const counts = runs(columns(shape));
      return { size: [SIDE, SIDE], counts: form === "counts" ? counts : compressRle(counts) };
    };
    files[`annotations/instances_${split}2017.json`] = {
      info: {},
      images: own.map(({ name }, id) => ({
        id,
        file_name: `${name}.png`,
        width: SIDE,
        height: SIDE,
      })),
      // Their order in the file does not count
      annotations: own.flatMap(({ boxes }, image_id) =>
        [...boxes].reverse().map((shape, i) => ({
          id: image_id * 10 + i,
          image_id,
          category_id: shape.name === "car" ? 3 : 7,
          iscrowd: 0,
          segmentation: segmentation(shape),
        }))
      ),
      categories: [{ id: 7, name: "road" }, { id: 3, name: "car" }],
    };
    for (const sample of own) files[`${split}2017/${sample.name}.png`] = pictureOf(sample);
  }
  return files;
}

function roboflow(): Record<string, Content> {
  const files = coco("polygon");
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => {
      const folder = path.includes("train") ? "train" : "valid";
      if (content instanceof Uint8Array) return [`${folder}/${path.split("/")[1]}`, content];
      const { categories, ...rest } = content as { categories: object[] };
      const placeholder = { id: 0, name: "things", supercategory: "none" };
      const named = categories.map((one) => ({ ...one, supercategory: "things" }));
      return [`${folder}/_annotations.coco.json`, { ...rest, categories: [placeholder, ...named] }];
    }),
  );
}

function labelme(kind: "polygon" | "mask"): Record<string, Content> {
  const files: Record<string, Content> = {};
  for (const sample of BOX_SAMPLES) {
    const { split, name, boxes } = sample;
    const shapes = boxes.map((shape) => {
      const [x0, y0, x1, y1] = shape.box;
      if (kind === "mask") {
        const { width, height, data } = maskOf(shape);
        const png = encodePng({
          width,
          height,
          channels: 1,
          data: data.map((value) => 255 * value),
        });
        const mask = Buffer.from(png).toString("base64");
        return {
          label: shape.name,
          shape_type: "mask",
          points: [[x0, y0], [x1 - 1, y1 - 1]],
          mask,
        };
      }
      return shape.hole === undefined
        ? { label: shape.name, shape_type: "rectangle", points: [[x1, y1], [x0, y0]] }
        : { label: shape.name, shape_type: "polygon", points: pairs(outline(shape)) };
    });
    files[`${split}/${name}.json`] = {
      version: "5.4.1",
      flags: {},
      shapes,
      imagePath: `..\\images\\${name}.png`,
      imageData: null,
      imageHeight: SIDE,
      imageWidth: SIDE,
    };
    files[`${split}/${name}.png`] = pictureOf(sample);
  }
  return files;
}

function cvat(kind: "polygon" | "mask"): Record<string, Content> {
  const element = (shape: BoxShape, z: number): string => {
    const [x0, y0, x1, y1] = shape.box;
    const common = `label="${shape.name}" source="manual" occluded="0" z_order="${z}"`;
    if (kind === "mask") {
      const { width, height, data } = maskOf(shape);
      const place = `left="${x0}" top="${y0}" width="${width}" height="${height}"`;
      return `<mask ${common} rle="${runs(data).join(", ")}" ${place}></mask>`;
    }
    if (shape.hole === undefined) {
      return `<box ${common} xtl="${x0}.00" ytl="${y0}.00" xbr="${x1}.00" ybr="${y1}.00"></box>`;
    }
    const points = pairs(outline(shape)).map(([x, y]) => `${x}.00,${y}.00`).join(";");
    return `<polygon ${common} points="${points}"><attribute name="x">1</attribute></polygon>`;
  };
  const images = BOX_SAMPLES.map(({ split, name, boxes }, id) => {
    // Their order in the file does not count, their z_order does
    const shapes = boxes.map(element).reverse().join("\n");
    const subset = split === "train" ? "Train" : "Validation";
    return `<image id="${id}" name="${name}.png" subset="${subset}" width="${SIDE}" height="${SIDE}">
      ${shapes}<tag label="car" source="manual"></tag></image>`;
  });
  const labels = ["car", "road"].map((name) =>
    `<label><name>${name}</name><type>any</type></label>`
  );
  const files: Record<string, Content> = {
    "annotations.xml": `<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><project><labels>${
      labels.join("")
    }</labels></project></meta>
${images.join("\n")}</annotations>`,
  };
  for (const sample of BOX_SAMPLES) files[`images/${sample.name}.png`] = pictureOf(sample);
  return files;
}

function cvatMasks(kind: "color" | "palette"): Record<string, Content> {
  const colors = [[0, 0, 0], [250, 50, 83], [51, 221, 255]];
  // In another order than that of the classes
  const palette = Uint8Array.from([colors[2]!, colors[0]!, colors[1]!].flat());
  const files: Record<string, Content> = {
    "labelmap.txt": "# label:color_rgb:parts:actions\n" +
      NAMES.map((name, i) => `${name}:${colors[i]!.join()}::\n`).join(""),
  };
  for (const sample of BOX_SAMPLES) {
    const truth = truthOf(sample);
    const [width, height] = [SIDE, SIDE];
    files[`SegmentationClass/${sample.name}.png`] = kind === "color"
      ? encodePng({
        width,
        height,
        channels: 3,
        data: Uint8Array.from([...truth].flatMap((value) => colors[value]!)),
      })
      : encodePng({ width, height, channels: 1, data: truth.map((c) => (c + 1) % 3), palette });
    files[`JPEGImages/${sample.name}.png`] = pictureOf(sample);
  }
  for (const split of ["train", "val"]) {
    const own = BOX_SAMPLES.filter((sample) => sample.split === split);
    files[`ImageSets/Segmentation/${split}.txt`] = own.map(({ name }) => `${name}\n`).join("");
  }
  return files;
}

function labelStudio(kind: "polygon" | "brush"): Record<string, Content> {
  const files: Record<string, Content> = {};
  const percent = (value: number): number => value * 100 / SIDE;
  for (const split of ["train", "val"]) {
    const own = BOX_SAMPLES.filter((sample) => sample.split === split);
    files[`${split}.json`] = own.map(({ name, boxes }, id) => ({
      id,
      data: { image: `/data/upload/3/0a1b2c3d-${name}.png` },
      annotations: [{
        was_cancelled: false,
        result: boxes.map((shape) => {
          const common = { original_width: SIDE, original_height: SIDE, image_rotation: 0 };
          const [x0, y0, x1, y1] = shape.box.map(percent) as [number, number, number, number];
          if (kind === "brush") {
            const mask = columns(shape);
            const rgba = Uint8Array.from({ length: 4 * SIDE * SIDE }, (_, i) => {
              const [x, y] = [(i >> 2) % SIDE, Math.floor((i >> 2) / SIDE)];
              return 255 * mask[x * SIDE + y]!;
            });
            const value = { format: "rle", rle: packRle(rgba), brushlabels: [shape.name] };
            return { ...common, type: "brushlabels", value };
          }
          if (shape.hole === undefined) {
            const value = { x: x0, y: y0, width: x1 - x0, height: y1 - y0, rotation: 0 };
            const rectanglelabels = [shape.name];
            return { ...common, type: "rectanglelabels", value: { ...value, rectanglelabels } };
          }
          const points = pairs(outline(shape).map(percent));
          return {
            ...common,
            type: "polygonlabels",
            value: { points, polygonlabels: [shape.name] },
          };
        }),
      }],
    }));
    for (const sample of own) files[`pictures/${sample.name}.png`] = pictureOf(sample);
  }
  return files;
}

function yolo(): Record<string, Content> {
  const files: Record<string, Content> = {
    "data.yaml":
      "path: ../datasets/boxes\ntrain: images/train\nval: images/val\nnames:\n  0: car\n  1: road\n",
  };
  for (const sample of BOX_SAMPLES) {
    const { split, name, boxes } = sample;
    const lines = boxes.map((shape) => {
      const points = outline(shape).map((value) => (value / SIDE).toFixed(6));
      return `${shape.name === "car" ? 0 : 1} ${points.join(" ")}`;
    });
    files[`images/${split}/${name}.png`] = pictureOf(sample);
    files[`labels/${split}/${name}.txt`] = `${lines.reverse().join("\n")}\n`;
  }
  return files;
}

function supervisely(kind: "polygon" | "bitmap"): Record<string, Content> {
  const files: Record<string, Content> = {
    "meta.json": {
      classes: [
        { title: "car", shape: "any", color: "#ff0000" },
        { title: "road", shape: "any", color: "#00ff00" },
      ],
      tags: [],
    },
  };
  for (const sample of BOX_SAMPLES) {
    const { split, name, boxes } = sample;
    const objects = boxes.map((shape) => {
      const [x0, y0] = shape.box;
      if (kind === "polygon") {
        const interior = shape.hole === undefined ? [] : [pairs(ring(shape.hole))];
        const points = { exterior: pairs(ring(shape.box)), interior };
        return { classTitle: shape.name, geometryType: "polygon", points, tags: [] };
      }
      const { width, height, data } = maskOf(shape);
      const png = encodePng({ width, height, channels: 1, data });
      const bitmap = { data: deflateSync(png).toString("base64"), origin: [x0, y0] };
      return { classTitle: shape.name, geometryType: "bitmap", bitmap, tags: [] };
    });
    files[`${split}/img/${name}.png`] = pictureOf(sample);
    files[`${split}/ann/${name}.png.json`] = {
      description: "",
      tags: [],
      size: { height: SIDE, width: SIDE },
      objects,
    };
  }
  return files;
}

/** The data set in each format: the reader that knows it, and its files. */
export const ANNOTATION_FOLDERS: readonly {
  what: string;
  reader: string;
  files: () => Record<string, Content>;
}[] = [
  { what: "COCO polygons", reader: "coco", files: () => coco("polygon") },
  { what: "COCO run lengths", reader: "coco", files: () => coco("counts") },
  { what: "COCO compressed run lengths", reader: "coco", files: () => coco("compressed") },
  { what: "Roboflow's COCO export", reader: "coco", files: roboflow },
  { what: "labelme polygons and boxes", reader: "labelme", files: () => labelme("polygon") },
  { what: "labelme masks", reader: "labelme", files: () => labelme("mask") },
  { what: "CVAT polygons and boxes", reader: "cvat", files: () => cvat("polygon") },
  { what: "CVAT masks", reader: "cvat", files: () => cvat("mask") },
  { what: "CVAT's RGB masks", reader: "cvat-masks", files: () => cvatMasks("color") },
  { what: "CVAT's palette masks", reader: "cvat-masks", files: () => cvatMasks("palette") },
  {
    what: "Label Studio polygons and boxes",
    reader: "label-studio",
    files: () => labelStudio("polygon"),
  },
  { what: "Label Studio brush strokes", reader: "label-studio", files: () => labelStudio("brush") },
  { what: "YOLO polygons", reader: "yolo", files: yolo },
  { what: "Supervisely polygons", reader: "supervisely", files: () => supervisely("polygon") },
  { what: "Supervisely bitmaps", reader: "supervisely", files: () => supervisely("bitmap") },
];
