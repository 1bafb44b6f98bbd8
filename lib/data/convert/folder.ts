/**
 * Writes the layout of the reader `folder`.
 *
 * @module
 */
import { encodePng } from "../codecs/png_encode.ts";
import type { ClassInfo, LabelMap } from "../dataset.ts";
import { vocPalette } from "../readers/voc_palette.ts";
import { type ExportFormat, writeNew } from "./export_format.ts";

/** `SPLIT/images/NAME.png`, `SPLIT/labels/NAME.png` as palette indices, `classes.json`. */
export const folderFormat: ExportFormat = {
  name: "folder",
  summary: "SPLIT/images, SPLIT/labels as palette PNGs of class indices, classes.json",
  open({ folder, classes, ignoreLabel }) {
    const palette = labelPalette(classes, ignoreLabel);
    return {
      imagePath: ({ split, id }) => `${split}/images/${id}`,
      add: ({ split, id, label }) =>
        writeNew(folder, `${split}/labels/${id}.png`, encodeIndices(label, palette)),
      end: () => writeNew(folder, "classes.json", classesJson({ classes, ignoreLabel })),
    };
  },
};

/** A PNG of class indices. */
export function encodeIndices(label: LabelMap, palette: Uint8Array): Uint8Array {
  return encodePng({ ...label, channels: 1, palette });
}

/**
 * The colours of the classes, and for the ignore label one that no class has, where it is none
 * itself; black between them.
 */
export function labelPalette(classes: readonly ClassInfo[], ignoreLabel: number): Uint8Array {
  const count = Math.max(classes.length, ignoreLabel + 1);
  const palette = new Uint8Array(count * 3);
  for (const [i, { color }] of classes.entries()) palette.set(color, i * 3);
  if (ignoreLabel >= classes.length) palette.set(freeColor(classes), ignoreLabel * 3);
  return palette;
}

/** VOC's colour of borders, or the last of its palette that no class has. */
function freeColor(classes: readonly ClassInfo[]): ArrayLike<number> {
  const taken = new Set(classes.map(({ color }) => color.join()));
  const palette = vocPalette(256);
  for (let index = 255;; index--) {
    const color = palette.subarray(index * 3, index * 3 + 3);
    if (!taken.has(color.join())) return color;
  }
}

function classesJson(
  { classes, ignoreLabel }: { classes: readonly ClassInfo[]; ignoreLabel: number },
): string {
  const lines = classes.map(({ name, color }) => `    ${JSON.stringify({ name, color })}`);
  return `{\n  "classes": [\n${lines.join(",\n")}\n  ],\n  "ignore": ${ignoreLabel}\n}\n`;
}
