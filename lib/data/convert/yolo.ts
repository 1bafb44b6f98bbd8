/**
 * Writes the layout of Ultralytics' segmentation data sets.
 *
 * @module
 */
import { stringify } from "yaml";
import { classRole } from "../annotations/class_role.ts";
import { singlePolygon, traceRegions } from "../annotations/trace_regions.ts";
import { type ExportFormat, writeNew } from "./export_format.ts";

/** The class that stands for pixels to leave out: the format has no other way. */
const IGNORE = "__ignore__";

/**
 * `images/SPLIT/NAME.png`, `labels/SPLIT/NAME.txt` with a polygon for each region of a class, and
 * `data.yaml`. A class called background gets no polygons; ignored pixels become the class
 * `__ignore__`.
 */
export const yoloFormat: ExportFormat = {
  name: "yolo",
  summary: "images/SPLIT, labels/SPLIT as polygons in .txt, data.yaml",
  open({ folder, splits, classes, ignoreLabel }) {
    const indices = new Map<number, number>();
    const names: string[] = [];
    for (const [index, { name }] of classes.entries()) {
      if (index === ignoreLabel || classRole(name) === "background") continue;
      indices.set(index, names.push(name) - 1);
    }
    let isIgnoreUsed = false;
    return {
      imagePath: ({ split, id }) => `images/${split}/${id}`,
      async add({ split, id, label }) {
        const { width, height } = label;
        const isWritten = (value: number): boolean => indices.has(value) || value === ignoreLabel;
        const lines = traceRegions(label, isWritten).map((region) => {
          isIgnoreUsed ||= region.value === ignoreLabel;
          const index = indices.get(region.value) ?? names.length;
          const points = singlePolygon(region).map((value, i) =>
            Number((value / (i % 2 === 0 ? width : height)).toFixed(7))
          );
          return `${index} ${points.join(" ")}\n`;
        });
        await writeNew(folder, `labels/${split}/${id}.txt`, lines.join(""));
      },
      async end() {
        const all = isIgnoreUsed ? [...names, IGNORE] : names;
        const places = splits.map(({ split }) => [split, `images/${split}`]);
        const content = { path: ".", ...Object.fromEntries(places), names: { ...all } };
        await writeNew(folder, "data.yaml", stringify(content));
      },
    };
  },
};
