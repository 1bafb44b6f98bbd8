/**
 * What the samples of one label file are, so that an encoding is decided over all files together.
 *
 * @module
 */
import { colorAt } from "./color.ts";
import { isSingleValued, type MaskRaster } from "./mask_raster.ts";

/** Values and colours of one label file. */
export interface MaskFacts {
  width: number;
  height: number;
  /** `grey` too where red, green and blue are equal everywhere. */
  kind: "grey" | "palette" | "color";
  /** Bits of a sample. */
  bits: number;
  /** JPEG. */
  lossy: boolean;
  /** `none`: there is no such channel, or it is opaque everywhere. */
  alpha: "none" | "varies";
  /** Pixels whose alpha is neither 0 nor the highest value. */
  softAlpha: number;
  /** Share of the pixels along the picture's border that are opaque. */
  opaqueBorder: number;
  /** Each value with its pixels, ascending; none for colours. */
  values: [value: number, pixels: number][];
  /** Each colour with its pixels: of colours the most frequent first, of palettes in order of `values`. */
  colors: [color: number, pixels: number][];
  /** Distinct colours, of which `colors` has the first. */
  distinct: number;
  /** Pixels whose value differs from that of a neighbour; 0 of what is not grey. */
  outline: number;
  /** Those of them whose value lies between the values of the neighbours on both sides. */
  ramp: number;
}

/** Colours that are kept of one file. */
const KEPT_COLORS = 256;

/** Takes the facts of a label file. */
export function maskFacts(raster: MaskRaster): MaskFacts {
  const { width, height, channels, bitDepth: bits, data, palette, lossy } = raster;
  const facts: MaskFacts = {
    width,
    height,
    kind: palette !== undefined ? "palette" : isGrey(raster) ? "grey" : "color",
    bits,
    lossy,
    ...alphaOf(raster),
    values: [],
    colors: [],
    distinct: 0,
    outline: 0,
    ramp: 0,
  };
  const pixels = width * height;
  if (facts.kind !== "color") {
    const counts = new Uint32Array(bits === 16 ? 65_536 : 256);
    const from = channels >= 3 ? 1 : 0;
    for (let i = 0; i < pixels; i++) counts[data[i * channels + from]!]!++;
    counts.forEach((count, value) => count > 0 && facts.values.push([value, count]));
    if (palette !== undefined) {
      facts.colors = facts.values.map(([value, count]) => {
        const [red = 0, green = 0, blue = 0] = palette.subarray(value * 3, value * 3 + 3);
        return [red << 16 | green << 8 | blue, count];
      });
    }
    facts.distinct = facts.values.length;
    if (facts.kind === "grey" && facts.distinct > 2) countOutline(raster, facts);
    return facts;
  }
  const counts = new Map<number, number>();
  let last = -1;
  let run = 0;
  for (let i = 0; i < pixels; i++) {
    const key = colorAt(raster, i);
    if (key !== last) {
      if (run > 0) counts.set(last, (counts.get(last) ?? 0) + run);
      [last, run] = [key, 0];
    }
    run++;
  }
  counts.set(last, (counts.get(last) ?? 0) + run);
  facts.distinct = counts.size;
  facts.colors = [...counts].sort((a, b) => b[1] - a[1]).slice(0, KEPT_COLORS);
  return facts;
}

/** Whether a file is black and white: 0 and the highest value, or a palette of these. */
export function isBlackAndWhite({ kind, bits, values, colors }: MaskFacts): boolean {
  if (kind === "palette") {
    return values.every(([value], i) => colors[i]![0] === (value === 0 ? 0 : 0xffffff));
  }
  const top = 2 ** bits - 1;
  return kind === "grey" && values.every(([value]) => value === 0 || value === top);
}

/** Counts the pixels along outlines, and those with a value between two neighbours' values. */
function countOutline({ width, height, channels, data }: MaskRaster, facts: MaskFacts): void {
  const isBetween = (a: number, b: number, c: number): boolean => a < b && b < c || a > b && b > c;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const value = data[at]!;
      const left = x > 0 ? data[at - channels]! : value;
      const right = x + 1 < width ? data[at + channels]! : value;
      const up = y > 0 ? data[at - width * channels]! : value;
      const down = y + 1 < height ? data[at + width * channels]! : value;
      if (left === value && right === value && up === value && down === value) continue;
      facts.outline++;
      // 255 is no class where there are many
      if (left === 255 || right === 255 || up === 255 || down === 255) continue;
      if (isBetween(left, value, right) || isBetween(up, value, down)) facts.ramp++;
    }
  }
}

/** JPEG leaves the channels of a grey mask a level or two apart. */
function isGrey(raster: MaskRaster): boolean {
  const { channels, data, lossy } = raster;
  if (!lossy || channels < 3) return isSingleValued(raster);
  for (let i = 0; i < data.length; i += channels) {
    if (Math.abs(data[i]! - data[i + 1]!) > 2 || Math.abs(data[i + 1]! - data[i + 2]!) > 2) {
      return false;
    }
  }
  return true;
}

function alphaOf(
  { width, height, channels, bitDepth, data }: MaskRaster,
): Pick<MaskFacts, "alpha" | "softAlpha" | "opaqueBorder"> {
  if (channels !== 2 && channels !== 4) return { alpha: "none", softAlpha: 0, opaqueBorder: 1 };
  const opaque = bitDepth === 16 ? 65_535 : 255;
  let [varies, soft, border, opaqueBorder] = [false, 0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    const alpha = data[(i + 1) * channels - 1]!;
    if (alpha !== opaque) varies = true;
    if (alpha > 0 && alpha < opaque) soft++;
    const x = i % width;
    if (x > 0 && x < width - 1 && i >= width && i < width * (height - 1)) continue;
    border++;
    if (alpha > opaque / 2) opaqueBorder++;
  }
  return {
    alpha: varies ? "varies" : "none",
    softAlpha: soft,
    opaqueBorder: opaqueBorder / border,
  };
}
