/**
 * What palettes of label files say: whether their colours or their indices are the classes.
 *
 * @module
 */
import { classRole } from "../annotations/class_role.ts";
import { colorKey, colorName } from "./color.ts";
import { DataQuestionError } from "./data_question.ts";
import type { DecideOptions, GivenClasses, LabelFile } from "./decided_labels.ts";

/**
 * Whether the colours of palettes name the classes: where they contradict each other; else indices do.
 *
 * @throws {DataQuestionError} If palettes contradict each other, or the classes' colours, and nothing
 * says which class a colour is.
 */
export function palettesAreColors({ files, given }: DecideOptions): boolean {
  const palettes = files.filter(({ facts }) => facts.kind === "palette");
  const table = given?.hasColors === true
    ? new Map(given.classes.map(({ color }, c) => [colorKey(...color), c]))
    : null;
  if (table !== null && table.size === given!.classes.length) {
    const uses = palettes.flatMap(({ facts }) =>
      facts.values.map(([index], i) => ({ index, place: table.get(facts.colors[i]![0]) }))
    );
    if (uses.every(({ index, place }) => place === index)) return false;
    const differs = uses.find(({ index, place }) =>
      place !== undefined && place !== index && index < table.size
    );
    if (differs === undefined) return false; // other colours altogether: those of a viewer
    if (uses.every(({ place }) => place !== undefined)) {
      if (new Set(uses.map(({ index, place }) => `${index} ${place}`)).size > usedIndices(uses)) {
        return true;
      }
    }
    const file = palettes.find(({ facts }) =>
      facts.values.some(([index], i) => {
        const place = table.get(facts.colors[i]![0]);
        return place !== undefined && place !== index && index < table.size;
      })
    )!;
    throw new DataQuestionError(
      `${given!.from} contradicts the palette of ${file.path}: index ${differs.index} has the ` +
        `colour of class ${differs.place}, "${given!.classes[differs.place!]!.name}": say which ` +
        `counts, --set data.encoding=color or --set data.encoding=index`,
    );
  }
  refuseBlackElsewhere(palettes, given);
  const places = new Map<number, { index: number; path: string }>();
  for (const { path, facts } of palettes) {
    const own = new Map<number, number>();
    for (const [i, [index]] of facts.values.entries()) {
      const color = facts.colors[i]![0];
      // One file may use a colour twice, as black for all unused places
      if (!own.has(color)) own.set(color, index);
      const before = places.get(color);
      if (before === undefined || before.path === path) places.set(color, { index, path });
      else if (before.index !== index && own.get(color) === index) {
        throw new DataQuestionError(
          `palettes differ from file to file: the colour ${colorName(color)} is index ` +
            `${before.index} in ${before.path} and ${index} in ${path}: give the classes their ` +
            `colours in classes.json, or take the indices with --set data.encoding=index`,
        );
      }
    }
  }
  return false;
}

/**
 * Black is the background in every convention; where it is another index, a program has written the
 * palette by its own order, such as Pillow's adaptive palettes by how frequent colours are.
 */
function refuseBlackElsewhere(palettes: readonly LabelFile[], given: GivenClasses | null): void {
  if (given === null || classRole(given.classes[0]!.name) !== "background") return;
  for (const { path, facts } of palettes) {
    const colors = new Map(facts.values.map(([index], i) => [index, facts.colors[i]![0]]));
    const black = [...colors].find(([, color]) => color === 0)?.[0];
    const first = colors.get(0);
    if (black === undefined || black === 0 || black === 255 || (first ?? 0) === 0) continue;
    throw new DataQuestionError(
      `the palette of ${path} has black, which is usually the background, at index ${black}, and ` +
        `${colorName(first!)} at index 0: a program may have ordered the palette by itself; give ` +
        `the classes their colours in classes.json, or take the indices with --set ` +
        `data.encoding=index`,
    );
  }
}

function usedIndices(uses: readonly { index: number }[]): number {
  return new Set(uses.map(({ index }) => index)).size;
}
