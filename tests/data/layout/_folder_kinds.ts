/** Folders of one small truth in many layouts and encodings, read back. */
import assert from "node:assert/strict";
import type { DataHints } from "../../../lib/data/layout/folder_layout.ts";
import { openLayout } from "../../../lib/data/layout/open_layout.ts";
import { recognizeFolder } from "../../../lib/data/layout/recognize_folder.ts";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { type Content, withFiles } from "../../support/dataset_folder.ts";
import { rawPng } from "../../support/label_files.ts";

/** Labels of four samples of 4x2 pixels: three classes, of which the last is in one sample only. */
export const TRUTH: Record<string, number[]> = {
  a: [0, 0, 1, 1, 0, 0, 1, 1],
  b: [0, 1, 1, 0, 0, 0, 0, 0],
  c: [1, 1, 1, 1, 0, 0, 0, 0],
  d: [0, 0, 2, 2, 1, 1, 0, 0],
};
/** The same without the third class. */
export const TWO = Object.fromEntries(
  Object.entries(TRUTH).map(([name, values]) => [name, values.map((value) => Math.min(value, 1))]),
);
export const SIZE = { width: 4, height: 2 };
export const COLORS = [[0, 0, 0], [220, 40, 40], [40, 200, 40]];
export const NAMES = ["ground", "red", "green"];
export const COLORED = NAMES.map((name, i) => ({ name, color: COLORS[i] }));

export function photo(shade: number): Uint8Array {
  return encodePng({ ...SIZE, channels: 3, data: new Uint8Array(24).fill(shade) });
}

export function grey(values: number[]): Uint8Array {
  return rawPng({ ...SIZE, type: 0, samples: values });
}

export function rgb(values: number[]): Uint8Array {
  return rawPng({ ...SIZE, type: 2, samples: values.flatMap((value) => COLORS[value]!) });
}

export function binary(values: number[]): Uint8Array {
  return grey(values.map((value) => value * 255));
}

/** One bit a pixel, or 8 bits of 0 and 255. */
export function oneBit(values: number[], name: string): Uint8Array {
  return name === "a" ? rawPng({ ...SIZE, type: 0, depth: 1, samples: values }) : binary(values);
}

export function paletteOfTwo(values: number[], name: string): Uint8Array {
  if (name !== "a") return binary(values);
  const palette = [0, 0, 0, 255, 255, 255];
  return rawPng({ ...SIZE, type: 3, depth: 1, samples: values, palette });
}

export interface Kind {
  /** Writes a mask. @default grey indices */
  mask?: (values: number[], name: string) => Uint8Array;
  /** Places of a sample's two files. @default train/images and train/labels, val for d */
  place?: (name: string) => [image: string, label: string];
  /** Other files. @default classes.json with three names */
  files?: Record<string, Content>;
  truth?: Record<string, number[]>;
  hints?: DataHints;
  /** Labels that are expected in place of the truth. */
  expected?: Record<string, number[]>;
  /** Names of the classes. @default ground, red, green */
  names?: string[];
  says?: RegExp;
}

export type Place = [image: string, label: string];

export function byFolder(name: string): Place {
  const split = name === "d" ? "val" : "train";
  return [`${split}/images/${name}.png`, `${split}/labels/${name}.png`];
}

export function apart(images: string, labels: string): (name: string) => Place {
  return (name) => [`${images}/${name}.png`, `${labels}/${name}.png`];
}

/** Writes a folder of the kind, reads all its splits and gives the labels by sample. */
export async function read(kind: Kind): Promise<Record<string, number[]>> {
  const { mask = grey, place = byFolder, truth = TRUTH, hints = {} } = kind;
  const files: Record<string, Content> = {
    ...kind.files ?? { "classes.json": { classes: NAMES } },
  };
  for (const [i, [name, values]] of Object.entries(truth).entries()) {
    const [image, label] = place(name);
    files[image] = photo(10 + i);
    files[label] = mask(values, name);
  }
  const found: Record<string, number[]> = {};
  await withFiles(files, async (dir) => {
    const { layout, said } = await recognizeFolder(dir, hints);
    assert.deepEqual(layout.classes.map(({ name }) => name), kind.names ?? NAMES);
    assert.doesNotMatch(said, /\n/);
    if (kind.says !== undefined) assert.match(said, kind.says);
    for (const split of Object.keys(layout.splits)) {
      const dataset = await openLayout(dir, split, layout);
      for (const [i, id] of dataset.ids.entries()) {
        const { label } = await dataset.read(i);
        found[id] = [...label.data].map((value) => value === dataset.ignoreLabel ? 255 : value);
      }
    }
  });
  return found;
}

export const OBJECT = ["background", "object"];
export const none: Record<string, Content> = {};
