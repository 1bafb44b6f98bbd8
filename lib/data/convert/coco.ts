/**
 * Writes COCO's layout of instances.
 *
 * @module
 */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { classRole } from "../annotations/class_role.ts";
import { encodeRle } from "../annotations/rle.ts";
import { type Region, singlePolygon, traceRegions } from "../annotations/trace_regions.ts";
import { type ExportedSample, type ExportFormat, writeNew } from "./export_format.ts";

/**
 * `SPLIT/NAME.png` and `annotations/instances_SPLIT.json` with a polygon for each region of a class. A
 * class called background gets none; ignored pixels become a crowd.
 */
export const cocoFormat: ExportFormat = {
  name: "coco",
  summary: "SPLIT/, annotations/instances_SPLIT.json with polygons",
  open({ folder, classes, ignoreLabel }) {
    const isWritten = (value: number): boolean =>
      value !== ignoreLabel && value < classes.length &&
      classRole(classes[value]!.name) !== "background";
    const categories = classes.flatMap(({ name, color }, index) =>
      isWritten(index) ? [{ id: index + 1, name, supercategory: "", color }] : []
    );
    const writers = new Map<string, JsonWriter>();
    const writerOf = async (split: string): Promise<JsonWriter> => {
      const writer = writers.get(split) ?? await JsonWriter.create(folder, { split, categories });
      writers.set(split, writer);
      return writer;
    };
    return {
      imagePath: ({ split, id }) => `${split}/${id}`,
      async add(sample) {
        const { split, label, imagePath } = sample;
        const writer = await writerOf(split);
        const { images } = writer;
        const { width, height } = label;
        const image_id = images.length + 1;
        images.push({ id: image_id, file_name: imagePath.slice(split.length + 1), width, height });
        for (const region of traceRegions(label, isWritten)) {
          await writer.addAnnotation({ image_id, ...annotationOf(region) });
        }
        const crowd = crowdOf(sample, ignoreLabel);
        if (crowd !== null && categories.length > 0) {
          await writer.addAnnotation({ image_id, category_id: categories[0]!.id, ...crowd });
        }
      },
      async end() {
        for (const writer of writers.values()) await writer.end();
      },
    };
  },
};

function annotationOf(region: Region): object {
  const [ring] = region.rings as [number[]];
  const { value, area } = region;
  return {
    category_id: value + 1,
    iscrowd: 0,
    area,
    bbox: boundsOf(ring),
    segmentation: [singlePolygon(region)],
  };
}

function boundsOf(ring: readonly number[]): number[] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    [x0, x1] = [Math.min(x0, ring[i]!), Math.max(x1, ring[i]!)];
    [y0, y1] = [Math.min(y0, ring[i + 1]!), Math.max(y1, ring[i + 1]!)];
  }
  return [x0, y0, x1 - x0, y1 - y0];
}

function crowdOf({ label }: ExportedSample, ignoreLabel: number): object | null {
  const { width, height, data } = label;
  const mask = data.map((value) => value === ignoreLabel ? 1 : 0);
  const area = mask.reduce((sum, value) => sum + value, 0);
  if (area === 0) return null;
  const counts = encodeRle({ width, height, data: mask }, "columns");
  const bbox = [0, 0, width, height];
  return { iscrowd: 1, area, bbox, segmentation: { size: [height, width], counts } };
}

/** Characters that are kept before they are written. */
const FLUSH = 2 ** 20;

/** `instances_SPLIT.json`, written while the samples come: annotations first, then the images. */
class JsonWriter {
  readonly images: object[] = [];
  readonly #file: string;
  #annotations = 0;
  #text = "";

  private constructor(file: string) {
    this.#file = file;
  }

  static async create(
    folder: string,
    { split, categories }: { split: string; categories: readonly object[] },
  ): Promise<JsonWriter> {
    const path = `annotations/instances_${split}.json`;
    const head = `{"categories":[\n${linesOf(categories)}\n],\n"annotations":[\n`;
    await writeNew(folder, path, head);
    return new JsonWriter(join(folder, path));
  }

  async addAnnotation(annotation: object): Promise<void> {
    if (this.#annotations > 0) this.#text += ",\n";
    this.#text += JSON.stringify({ id: ++this.#annotations, ...annotation });
    if (this.#text.length > FLUSH) await this.#flush();
  }

  async end(): Promise<void> {
    this.#text += `\n],\n"images":[\n${linesOf(this.images)}\n]}\n`;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    await appendFile(this.#file, this.#text);
    this.#text = "";
  }
}

function linesOf(values: readonly object[]): string {
  return values.map((value) => JSON.stringify(value)).join(",\n");
}
