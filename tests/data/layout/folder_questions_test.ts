import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rawPng } from "../../support/label_files.ts";
import {
  apart,
  binary,
  COLORED,
  COLORS,
  grey,
  type Kind,
  NAMES,
  none,
  OBJECT,
  read,
  rgb,
  SIZE,
  TRUTH,
  TWO,
} from "./_folder_kinds.ts";

const SOFT = [0, 3, 20, 40, 70, 90, 120, 128, 150, 170, 190, 210, 220, 240, 250, 255];
/** Two rows that go from one class to another over those between. */
const SOFT_EDGES = [0, 2, 4, 7, 0, 2, 4, 7];
const REFUSED: Record<string, { kind: Kind; message: RegExp }> = {
  "0/255 masks whose 255 is declared as ignore": {
    kind: { mask: binary, truth: TWO, files: { "classes.json": { classes: OBJECT, ignore: 255 } } },
    message: /labels are 0\/255 masks, and .* leaves 255 out, .*encoding=binary .*encoding=index/,
  },
  "a class of several under 255": {
    kind: { mask: (values) => grey(values.map((value) => value === 2 ? 255 : value)) },
    message: /no label has the class "green", but 255 occurs: .*data\.ignore=255.*"255":"green"/,
  },
  "one class, the object": {
    kind: { mask: binary, truth: TWO, files: { "classes.json": { classes: ["crack"] } } },
    message: /names one class, "crack", .*\{"classes": \["background", "crack"\]\}/,
  },
  "labels that count from 1": {
    kind: { mask: (values) => grey(values.map((value) => value + 1)) },
    message: /labels count from 1: .*--set data\.reduceZero=true/,
  },
  "soft edges": {
    kind: {
      mask: (_, name) => grey(name === "d" ? SOFT.slice(8, 16) : SOFT.slice(0, 8)),
      truth: TWO,
      files: { "classes.json": { classes: OBJECT } },
    },
    message: /soft edges: 16 values from 0 to 255 occur .*as in .*data\.encoding=binary/,
  },
  "files of 0 and 1 beside files of 0 and 255": {
    kind: {
      mask: (values, name) => name === "a" ? grey(values) : binary(values),
      truth: TWO,
      files: { "classes.json": { classes: OBJECT } },
    },
    message:
      /1 masks hold 0 and 1, such as .*a\.png, and 3 others 0 and 255, .*encoding=binary .*ignore=255/,
  },
  "labels that count from 1 beside a class that does not occur": {
    kind: {
      mask: (values) => grey(values.map((value) => value + 1)),
      files: { "classes.json": { classes: [...NAMES, "spare"] } },
    },
    message: /no label has the value 0, the class "ground" .*reduceZero=true.*encoding=index/,
  },
  "soft edges among many classes": {
    kind: {
      mask: (_, name) => grey(name === "d" ? SOFT_EDGES.toReversed() : SOFT_EDGES),
      files: { "classes.json": { classes: SOFT_EDGES.map((_, i) => `class ${i}`) } },
    },
    message: /soft edges: \d+ % of the pixels along outlines .* as in .*data\.encoding=index/,
  },
  "values of 16 bits": {
    kind: {
      mask: (values) =>
        rawPng({ ...SIZE, type: 0, depth: 16, samples: values.map((value) => value * 257) }),
    },
    message: /16 bits, up to 514 in val\/labels\/d\.png, all of them multiples of 257/,
  },
  "red and blue swapped": {
    kind: {
      mask: (values) =>
        rawPng({ ...SIZE, type: 2, samples: values.flatMap((v) => COLORS[v]!.toReversed()) }),
      files: { "classes.json": { classes: COLORED } },
    },
    message: /40,40,220 .* red and blue swapped, as OpenCV writes colours/,
  },
  "palettes that permute colours": {
    kind: {
      mask: (values, name) => {
        const order = name === "a" ? [1, 0, 2] : [0, 1, 2];
        return rawPng({
          ...SIZE,
          type: 3,
          samples: values.map((value) => order.indexOf(value)),
          palette: order.flatMap((value) => COLORS[value]!),
        });
      },
    },
    message:
      /palettes differ from file to file: the colour .* in train\/labels\/a\.png and .*b\.png/,
  },
  "colours of classes.json that contradict the palettes": {
    kind: {
      mask: (values) =>
        rawPng({
          ...SIZE,
          type: 3,
          samples: values,
          palette: [0, 2, 1].flatMap((value) => COLORS[value]!),
        }),
      files: { "classes.json": { classes: COLORED } },
    },
    message: /contradicts the palette of .*data\.encoding=color or --set data\.encoding=index/,
  },
  "a colour of no class": {
    kind: { mask: rgb, files: { "classes.json": { classes: COLORED.slice(0, 2) } } },
    message: /40,200,40 \(in val\/labels\/d\.png\) is that of no class in classes\.json/,
  },
  "colours without a table": {
    kind: { mask: rgb, files: none },
    message: /labels are colours, not indices .*write them into classes\.json/,
  },
  "soft edges in alpha": {
    kind: {
      mask: (values, name) =>
        rawPng({
          ...SIZE,
          type: 4,
          samples: values.flatMap((v, i) => [0, name === "a" ? 40 + i * 20 : v * 255]),
        }),
      truth: TWO,
      files: none,
    },
    message: /a\.png is in the alpha channel and has soft edges: 8 pixels .*encoding=alpha/,
  },
  "a shape in alpha that is cut out": {
    kind: {
      mask: (values) =>
        rawPng({ ...SIZE, type: 4, samples: values.flatMap((value) => [0, 255 - value * 255]) }),
      truth: TWO,
      files: none,
    },
    message: /opaque surrounds what is transparent, .*encoding=alpha .* second class, object,/,
  },
  "a palette that a program ordered": {
    kind: {
      mask: (values) =>
        rawPng({
          ...SIZE,
          type: 3,
          samples: values.map((value) => [1, 0, 2][value]!),
          palette: [1, 0, 2].flatMap((value) => COLORS[value]!),
        }),
      files: { "classes.json": { classes: ["background", "red", "green"] } },
    },
    message: /has black, .* background, at index 1, and 220,40,40 at index 0: .*encoding=index/,
  },
  "holes in alpha": {
    kind: {
      mask: (values) =>
        rawPng({ ...SIZE, type: 4, samples: values.flatMap((v) => [v, v === 2 ? 0 : 255]) }),
    },
    message: /transparent part: .*encoding=alpha .*encoding=index/,
  },
  "sparse values without names": {
    kind: { mask: (values) => grey(values.map((value) => value * 38)), files: none },
    message: /labels are 0, 38, 76, and no file names the classes: .*data\.labelMap/,
  },
  "two folders of masks": {
    kind: {
      place: apart("images", "masks"),
      files: { "classes.json": { classes: NAMES }, "labels/a.png": grey(TRUTH.a!) },
    },
    message:
      /several folders of labels, .*--set data\.labelFolder=labels or --set data\.labelFolder=masks/,
  },
  "a list of another folder": {
    kind: {
      place: apart("images", "labels"),
      files: { "classes.json": { classes: NAMES }, "train.txt": "x\ny\n", "val.txt": "d\n" },
    },
    message:
      /train\.txt" line 1: .* nor does any other of its 2 lines: the list is of another folder/,
  },
};

describe("recognizeFolder() asks, or the split says why, at", () => {
  for (const [what, { kind, message }] of Object.entries(REFUSED)) {
    test(what, async () => {
      await assert.rejects(read(kind), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|\.$/);
        return true;
      });
    });
  }
});
