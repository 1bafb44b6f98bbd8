/**
 * The classes of annotations: those that a file names, and one for what nothing covers.
 *
 * @module
 */
import type { ClassInfo } from "../dataset.ts";
import { vocPalette } from "../readers/voc_palette.ts";
import { classRole } from "./class_role.ts";

/** Label value of pixels that are left out. */
export const IGNORE = 255;

/** A class as an annotation file names it. */
export interface NamedClass {
  name: string;
  color?: ClassInfo["color"] | undefined;
}

/** The classes of a data set of annotations. */
export interface AnnotationClasses {
  classes: ClassInfo[];
  /** Label value of pixels that nothing covers. */
  fill: number;
  /** Label value of each name; those that are to be ignored have 255. */
  values: ReadonlyMap<string, number>;
}

/**
 * Numbers classes in their order. Names such as `__ignore__` and `void` are no classes but the ignore
 * label; one called background is that of pixels that nothing covers; where there is none, `background`
 * becomes class 0 unless `addBackground` is false, and then such pixels are ignored.
 *
 * @throws {RangeError} If there are no classes, or more than 255.
 */
export function annotationClasses(
  named: readonly NamedClass[],
  options: { addBackground: boolean },
): AnnotationClasses {
  const kept = named.filter(({ name }) => classRole(name) !== "ignore");
  let fill = kept.findIndex(({ name }) => classRole(name) === "background");
  if (fill < 0 && options.addBackground) {
    kept.unshift({ name: "background", color: [0, 0, 0] });
    fill = 0;
  }
  if (kept.length < 1 || kept.length > 255) {
    throw new RangeError(`it names ${kept.length} classes, must be 1 to 255`);
  }
  const palette = vocPalette(256);
  const colors = new Set(kept.map(({ color }) => color?.join()));
  const hasColors = !colors.has(undefined) && colors.size === kept.length;
  const classes = kept.map(({ name, color }, i): ClassInfo => ({
    name,
    color: hasColors ? color! : [...palette.subarray(i * 3, i * 3 + 3)] as ClassInfo["color"],
  }));
  const values = new Map(named.map(({ name }) => [name, IGNORE]));
  for (const [i, { name }] of classes.entries()) values.set(name, i);
  return { classes, fill: fill < 0 ? IGNORE : fill, values };
}

/** A colour as `#rrggbb`; `undefined` for anything else. */
export function hexColor(value: unknown): ClassInfo["color"] | undefined {
  const found = typeof value === "string" ? /^#([0-9a-f]{6})$/i.exec(value.trim()) : null;
  if (found === null) return undefined;
  const bits = parseInt(found[1]!, 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}
