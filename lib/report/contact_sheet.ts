/**
 * A contact sheet of a data set: what the checker found, and pictures under their labels.
 *
 * @module
 */
import { shownColors } from "../data/codecs/to_levels.ts";
import { Buffer } from "node:buffer";
import type { ClassInfo, Dataset, RgbImage, Sample } from "../data/dataset.ts";
import { encodePng } from "../data/codecs/png_encode.ts";
import type { DataReport, SplitReport } from "../data/validate/data_report.ts";
import { openDataset } from "../data/registry.ts";
import { resizeLabel } from "../data/transforms/resize.ts";
import { percent } from "../util/format.ts";
import { type Html, html, raw, STYLE } from "./html.ts";
import * as sections from "./sections.ts";

/** Options of {@linkcode contactSheet}. */
export interface ContactSheetOptions {
  title: string;
  /**
   * Pictures of each split: odd ones first, then others spread evenly over it.
   * @default 12
   */
  images?: number;
  /** Stops between pictures by throwing the signal's reason. */
  signal?: AbortSignal;
}

/** Widest picture in pixels: sharp on a telephone of twice the density. */
const WIDTH = 320;
/** Colours of pixels that are ignored, and of those that are no class. */
const IGNORED: ClassInfo["color"] = [224, 224, 192];
const STRAY: ClassInfo["color"] = [255, 0, 255];

const SHEET = `
.sheet { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
.stack { position: relative; } .stack img { display: block; width: 100%; height: auto; }
.stack img + img { position: absolute; inset: 0; height: 100%; opacity: var(--mix, .5); image-rendering: pixelated; }
.sheet figcaption { font-size: .75rem; font-weight: 400; overflow-wrap: anywhere; }
.findings { padding: 0; list-style: none; } .findings b { text-transform: uppercase; font-size: .75rem; }
.findings li { padding: .3rem .6rem; margin: .3rem 0; border-left: 4px solid var(--line); background: var(--soft); overflow-wrap: anywhere; }
.findings .error { border-color: var(--bad); } .findings .warning { border-color: #e0a030; }
label { position: sticky; top: 0; display: block; padding: .4rem 0; background: Canvas; z-index: 1; }
td i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; }
`;

/**
 * Draws a checked data set as one HTML page that loads nothing: findings, counts and weights of
 * the classes with their colours, and pictures whose labels a slider blends in.
 *
 * @throws {Error} If a split can no longer be opened.
 * @example
 * ```ts
 * import { inspectData } from "@segadv/segadv/data";
 * import { contactSheet } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const report = await inspectData({ reader: "fixtures", dir: null, splits: ["val"] });
 * const page = await contactSheet(report, { title: "Shapes", images: 2 });
 * assert.equal(page.match(/<figure/g)?.length, 2);
 * ```
 */
export async function contactSheet(
  report: DataReport,
  options: ContactSheetOptions,
): Promise<string> {
  const { title } = options;
  const pictures: Html[] = [];
  for (const split of report.splits) pictures.push(await drawSplit(report, split, options));
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>${title}</title>
        <style>${raw(STYLE + SHEET)}</style>
      </head>
      <body>
        <h1>${title}</h1>
        <p class="state ${report.ok ? "ok" : "bad"}">${report.ok
          ? "Nothing found that forbids training on it"
          : "Training on it would be wrong"}</p>
        <ul class="findings">${report.findings.map(({ severity, split, message }) =>
          html`<li class="${severity}"><b>${severity}</b> ${
            split === null ? "" : `${split}: `
          }${message}</li>`
        )}</ul>
        <h2>Splits</h2>${splitTable(report)}
        <h2>Classes</h2>${classTable(report)}
        <label>Labels <input type="range" min="0" max="1" step="0.05" value="0.5"
          oninput="document.body.style.setProperty('--mix', this.value)"> over the pictures</label>
        ${pictures}
      </body>
    </html>
  `;
  return page.text;
}

function splitTable({ splits }: DataReport): Html {
  const side = (size: readonly number[] | undefined): string => size?.join("×") ?? "–";
  const rows = splits.map(({ split, samples, read, broken, sizes, mean, std }) => [
    split,
    samples,
    read,
    broken.length,
    side(sizes?.min),
    side(sizes?.median),
    side(sizes?.max),
    mean.map((value) => value.toFixed(1)).join(", "),
    std.map((value) => value.toFixed(1)).join(", "),
  ]);
  const head = ["split", "samples", "read", "broken", "least", "median", "largest"];
  return sections.table([...head, "RGB mean", "RGB sd"], rows);
}

function classTable({ classes, splits, weights, ignoreLabel }: DataReport): Html {
  const share = (part: number, { pixels, ignored }: SplitReport): string =>
    `${percent(part / (pixels.reduce((a, b) => a + b, 0) + ignored))} %`;
  const rows = classes.map(({ name, color }, c) => [
    chip(`${c} ${name}`, color),
    ...splits.flatMap((split) => [share(split.pixels[c]!, split), split.images[c]!]),
    weights.medianFrequency[c]?.toFixed(3) ?? "–",
    weights.enet[c]?.toFixed(2) ?? "–",
  ]);
  const ignored = splits.flatMap((split) => [share(split.ignored, split), ""]);
  const head = splits.flatMap(({ split }) => [`${split} pixels`, "images"]);
  return sections.table(["class", ...head, "median frequency weight", "ENet weight"], [
    ...rows,
    [chip(`${ignoreLabel} ignored`, IGNORED), ...ignored, "", ""],
  ]);
}

async function drawSplit(
  { reader, dir, layout, pictures }: DataReport,
  split: SplitReport,
  { images = 12, signal }: ContactSheetOptions,
): Promise<Html> {
  const dataset = await openDataset(reader, { dir, layout, ...pictures, split: split.split });
  const figures: Html[] = [];
  for (const id of chooseIds(dataset, split, images)) {
    signal?.throwIfAborted();
    figures.push(drawSample(await dataset.read(dataset.ids.indexOf(id)), dataset));
  }
  return html`
    <h2>${split.split}</h2>
    <div class="sheet">${figures}</div>
  `;
}

/** Up to a third odd ones, the rest spread evenly. */
function chooseIds(dataset: Dataset, split: SplitReport, count: number): string[] {
  const broken = new Set(split.broken.map(({ id }) => id));
  const odd = [...split.nearEmpty, ...split.uniform].slice(0, Math.ceil(count / 3));
  const others = dataset.ids.filter((id) => !broken.has(id) && !odd.includes(id));
  const left = Math.min(count - odd.length, others.length);
  const spread = Array.from(
    { length: left },
    (_, i) => others[Math.floor(i * others.length / left)]!,
  );
  return [...odd, ...spread];
}

function drawSample({ id, image, label }: Sample, { classes, ignoreLabel }: Dataset): Html {
  const small = thumbnail(shownColors(image), WIDTH);
  const map = resizeLabel(label, [small.height, small.width]);
  const colors = Array.from({ length: 256 }, (_, i) => classes[i]?.color ?? STRAY);
  colors[ignoreLabel] = IGNORED;
  const present = new Set(label.data);
  const names = [...present].sort((a, b) => a - b).map((value) =>
    value === ignoreLabel
      ? chip("ignored", IGNORED)
      : chip(classes[value]?.name ?? `${value}: no class`, colors[value]!)
  );
  const photo = encodePng({ ...small, channels: 3 });
  const labels = encodePng({ ...map, channels: 1, palette: Uint8Array.from(colors.flat()) });
  return html`
    <figure>
      <div class="stack"><img src="${dataUrl(photo)}" alt="${id}"
      width="${small.width}" height="${small.height}"><img src="${dataUrl(
        labels,
      )}" alt="labels"></div>
      <figcaption>${id}<div class="legend">${names}</div></figcaption>
    </figure>
  `;
}

function chip(name: string, color: ClassInfo["color"]): Html {
  return html`<span><i style="background:rgb(${color.join(" ")})"></i>${name}</span>`;
}

function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** Shrinks an image to a width at most `width` by the mean of the pixels that fall into each. */
function thumbnail(image: RgbImage, width: number): RgbImage {
  if (image.width <= width) return image;
  const height = Math.max(1, Math.round(image.height * width / image.width));
  const data = new Uint8Array(width * height * 3);
  const columns = bounds(image.width, width);
  const rows = bounds(image.height, height);
  const sums = new Float64Array(width * 3);
  for (let y = 0, at = 0; y < height; y++) {
    sums.fill(0);
    const [top, bottom] = [rows[y]!, rows[y + 1]!];
    for (let row = top; row < bottom; row++) addRow(image, row, { columns, sums });
    for (let x = 0; x < width; x++) {
      const pixels = (columns[x + 1]! - columns[x]!) * (bottom - top);
      for (let c = 0; c < 3; c++) data[at++] = Math.round(sums[x * 3 + c]! / pixels);
    }
  }
  return { width, height, data };
}

/** Adds a row's pixels to the sums of the columns they fall into. */
function addRow(
  { width, data }: RgbImage,
  row: number,
  { columns, sums }: { columns: Int32Array; sums: Float64Array },
): void {
  let from = row * width * 3;
  for (let x = 0; x + 1 < columns.length; x++) {
    for (let left = columns[x + 1]! - columns[x]!; left > 0; left--) {
      sums[x * 3]! += data[from++]!;
      sums[x * 3 + 1]! += data[from++]!;
      sums[x * 3 + 2]! += data[from++]!;
    }
  }
}

/** Where each of `to` equal parts of `from` pixels begins, and the end. */
function bounds(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to + 1 }, (_, i) => Math.round(i * from / to));
}
