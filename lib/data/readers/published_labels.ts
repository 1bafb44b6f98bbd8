/**
 * Label PNGs of published data sets, whose values are not class indices yet.
 *
 * @module
 */
import { decodeLabel } from "../codecs/decode.ts";
import { type ClassInfo, DamagedFileError, type LabelMap } from "../dataset.ts";
import { vocPalette } from "./voc_palette.ts";

/** Classes of these names in VOC's colours. */
export function classesNamed(names: readonly string[]): ClassInfo[] {
  const palette = vocPalette(names.length);
  return names.map((name, i): ClassInfo => ({
    name,
    color: [...palette.subarray(i * 3, i * 3 + 3)] as ClassInfo["color"],
  }));
}

/** Names in one text, a comma between them. */
export function namesIn(text: string): string[] {
  return text.split(",").map((name) => name.replace(/\s+/g, " ").trim());
}

/**
 * Decodes labels by a table.
 *
 * @param values Class index, or 255, of each value; others are faults.
 * @param expected What the values are, for an error.
 */
export function tableDecoder(
  values: ReadonlyMap<number, number>,
  expected: string,
): (bytes: Uint8Array, options: { file: string }) => LabelMap {
  const table = new Int16Array(256).fill(-1);
  for (const [value, to] of values) table[value] = to;
  return (bytes, { file }) => {
    const label = decodeLabel(bytes, { file });
    const { width, data } = label;
    for (let i = 0; i < data.length; i++) {
      const to = table[data[i]!]!;
      if (to < 0) {
        throw new DamagedFileError(
          `Cannot read labels from "${file}": ${data[i]} at column ${i % width}, row ` +
            `${Math.floor(i / width)} is none of ${expected}`,
        );
      }
      data[i] = to;
    }
    return label;
  };
}

/** The table of labels that count from 1, with 0 for pixels to leave out. */
export function countedFromOne(classes: number): Map<number, number> {
  const values = new Map([[0, 255], [255, 255]]);
  for (let c = 0; c < classes; c++) values.set(c + 1, c);
  return values;
}
