/**
 * Decoder of four-colour JPEG (CMYK and YCCK, baseline and progressive), which the library for the
 * others lacks. Such files come from print; speed does not matter here, sizes do.
 */
import type { RgbImage } from "../dataset.ts";
import {
  BitReader,
  type Component,
  type HuffmanTable,
  huffmanTable,
  readScan,
} from "./_jpeg_scan.ts";
import { blockPixels } from "./_jpeg_idct.ts";

interface Decoder {
  bytes: Uint8Array;
  view: DataView;
  width: number;
  height: number;
  progressive: boolean;
  components: Component[];
  mcusAcross: number;
  mcusDown: number;
  quantization: (Uint16Array | undefined)[];
  huffman: Map<number, HuffmanTable>;
  restartInterval: number;
  /** Whether Adobe's marker says that the colours are YCCK. */
  luma: boolean;
}

/**
 * Decodes a JPEG of four components to RGB, without a colour profile: channel = light × black.
 *
 * @throws {SyntaxError} If the data is damaged or of a kind that is not supported.
 */
export function decodeCmyk(bytes: Uint8Array): RgbImage {
  const decoder: Decoder = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    width: 0,
    height: 0,
    progressive: false,
    components: [],
    mcusAcross: 0,
    mcusDown: 0,
    quantization: [],
    huffman: new Map(),
    restartInterval: 0,
    luma: false,
  };
  for (let at = 2;;) {
    at = bytes.indexOf(0xff, at);
    const marker = at < 0 ? undefined : bytes[at + 1];
    if (marker === undefined) throw new SyntaxError("premature end of image data");
    if (marker === 0xd9) break;
    // Stuffing, padding and restarts may be left behind by a scan.
    if (marker < 0x02 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd8)) {
      at++;
      continue;
    }
    const end = at + 2 + decoder.view.getUint16(at + 2);
    at = readSegment(decoder, { marker, at: at + 4, end });
  }
  return compose(decoder);
}

interface Segment {
  marker: number;
  at: number;
  end: number;
}

/** Reads a segment, and the scan behind it if it heads one; returns where to go on. */
function readSegment(decoder: Decoder, segment: Segment): number {
  const { marker, at, end } = segment;
  const { bytes, view } = decoder;
  if (marker === 0xc4) readHuffman(decoder, segment);
  else if (marker === 0xdb) readQuantization(decoder, segment);
  else if (marker === 0xdd) decoder.restartInterval = view.getUint16(at);
  else if (marker === 0xee && end - at >= 12 && bytes[at] === 0x41 && bytes[at + 1] === 0x64) {
    decoder.luma = bytes[at + 11] === 2;
  } else if (marker >= 0xc0 && marker <= 0xc2) readFrame(decoder, segment);
  else if (marker > 0xc2 && marker <= 0xcf) {
    throw new SyntaxError("lossless, hierarchical and arithmetic coding are not supported");
  } else if (marker === 0xda) return readScanData(decoder, segment);
  return end;
}

function readHuffman({ bytes, huffman }: Decoder, { at, end }: Segment): void {
  while (at + 17 <= end) {
    const counts = bytes.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = bytes.subarray(at + 17, Math.min(end, at + 17 + total));
    huffman.set(bytes[at]!, huffmanTable(counts, symbols));
    at += 17 + total;
  }
}

function readQuantization({ view, quantization }: Decoder, { at, end }: Segment): void {
  while (at < end) {
    const head = view.getUint8(at++);
    const wide = head >> 4 !== 0;
    if (at + (wide ? 128 : 64) > end) throw new SyntaxError("a quantisation table is cut short");
    const table = new Uint16Array(64);
    for (let k = 0; k < 64; k++) {
      table[k] = wide ? view.getUint16(at + 2 * k) : view.getUint8(at + k);
    }
    quantization[head & 15] = table;
    at += wide ? 128 : 64;
  }
}

function readFrame(decoder: Decoder, { marker, at, end }: Segment): void {
  const { view } = decoder;
  if (decoder.components.length > 0) throw new SyntaxError("more than one frame");
  if (end - at < 18 || view.getUint8(at) !== 8) throw new SyntaxError("only 8 bits are supported");
  decoder.progressive = marker === 0xc2;
  decoder.height = view.getUint16(at + 1);
  decoder.width = view.getUint16(at + 3);
  const raw = Array.from({ length: 4 }, (_, i) => {
    const factors = view.getUint8(at + 7 + 3 * i);
    return {
      id: view.getUint8(at + 6 + 3 * i),
      h: factors >> 4,
      v: factors & 15,
      quantization: view.getUint8(at + 8 + 3 * i),
    };
  });
  if (raw.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) {
    throw new SyntaxError("wrong sampling factors");
  }
  const [maxH, maxV] = [Math.max(...raw.map(({ h }) => h)), Math.max(...raw.map(({ v }) => v))];
  decoder.mcusAcross = Math.ceil(decoder.width / (8 * maxH));
  decoder.mcusDown = Math.ceil(decoder.height / (8 * maxV));
  const mcus = decoder.mcusAcross * decoder.mcusDown;
  // Every block costs at least a bit: a header that promises more is refused before allocation.
  if (mcus > decoder.bytes.length * 8) throw new SyntaxError("premature end of image data");
  decoder.components = raw.map((component): Component => {
    const { h, v } = component;
    return {
      ...component,
      blocksAcross: Math.ceil(Math.ceil(decoder.width * h / maxH) / 8),
      blocksDown: Math.ceil(Math.ceil(decoder.height * v / maxV) / 8),
      stride: decoder.mcusAcross * h,
      coefficients: new Int16Array(mcus * h * v * 64),
      prediction: 0,
      dc: undefined,
      ac: undefined,
    };
  });
}

function readScanData(decoder: Decoder, { at, end }: Segment): number {
  const { bytes, progressive, huffman } = decoder;
  const count = bytes[at]!;
  if (end - at !== 4 + 2 * count) throw new SyntaxError("wrong scan header");
  const components = Array.from({ length: count }, (_, i) => {
    const component = decoder.components.find(({ id }) => id === bytes[at + 1 + 2 * i]);
    if (!component) throw new SyntaxError("a scan of an unknown colour component");
    const tables = bytes[at + 2 + 2 * i]!;
    component.dc = huffman.get(tables >> 4);
    component.ac = huffman.get(0x10 | (tables & 15));
    component.prediction = 0;
    return component;
  });
  const [from, to, bits] = bytes.subarray(end - 3, end) as unknown as [number, number, number];
  const wrong = progressive && (from > to || to > 63 || (from === 0 && to > 0) || (bits & 15) > 13);
  if (count < 1 || count > 4 || wrong || (progressive && from > 0 && count > 1)) {
    throw new SyntaxError("wrong scan header");
  }
  const reader = new BitReader(bytes, end);
  readScan(reader, {
    components,
    progressive,
    from: progressive ? from : 0,
    to: progressive ? to : 63,
    high: progressive ? bits >> 4 : 0,
    low: progressive ? bits & 15 : 0,
    restartInterval: decoder.restartInterval,
    mcusAcross: decoder.mcusAcross,
    mcusDown: decoder.mcusDown,
  });
  return reader.position;
}

/** One component at its own resolution. */
interface Plane {
  width: number;
  height: number;
  data: Uint8Array;
}

function compose(decoder: Decoder): RgbImage {
  const { width, height, components, luma } = decoder;
  const planes = components.map((component) => stretch(planeOf(decoder, component), decoder));
  const data = new Uint8Array(width * height * 3);
  const [c, m, y, k] = planes as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const clamp = (value: number): number => value < 0 ? 0 : value > 255 ? 255 : value;
  for (let i = 0, at = 0; i < c.length; i++) {
    let [red, green, blue] = [c[i]!, m[i]!, y[i]!];
    if (luma) {
      const [y0, cb, cr] = [red, green - 128, blue - 128];
      red = 255 - clamp(Math.round(y0 + 1.402 * cr));
      green = 255 - clamp(Math.round(y0 - 0.344136 * cb - 0.714136 * cr));
      blue = 255 - clamp(Math.round(y0 + 1.772 * cb));
    }
    // As Adobe writes them, values are light: 255 is no ink. Files of others follow (Pillow too).
    const black = k[i]! / 255;
    data[at++] = Math.round(red * black);
    data[at++] = Math.round(green * black);
    data[at++] = Math.round(blue * black);
  }
  return { width, height, data };
}

function planeOf(decoder: Decoder, component: Component): Plane {
  const { blocksAcross, blocksDown, stride, coefficients } = component;
  const table = decoder.quantization[component.quantization];
  if (!table) throw new SyntaxError("a quantisation table is missing");
  const maxH = Math.max(...decoder.components.map(({ h }) => h));
  const maxV = Math.max(...decoder.components.map(({ v }) => v));
  const width = Math.ceil(decoder.width * component.h / maxH);
  const height = Math.ceil(decoder.height * component.v / maxV);
  const data = new Uint8Array(width * height);
  const pixels = new Uint8Array(64);
  for (let row = 0; row < blocksDown; row++) {
    for (let column = 0; column < blocksAcross; column++) {
      const at = (row * stride + column) * 64;
      blockPixels(coefficients.subarray(at, at + 64), table, { pixels });
      const across = Math.min(8, width - column * 8);
      for (let y = 0; y < 8 && row * 8 + y < height; y++) {
        const line = pixels.subarray(y * 8, y * 8 + across);
        data.set(line, (row * 8 + y) * width + column * 8);
      }
    }
  }
  return { width, height, data };
}

/** Brings a plane to the image's size, bilinearly with half-pixel centres (libjpeg's "fancy"). */
function stretch(plane: Plane, { width, height }: Decoder): Uint8Array {
  if (plane.width === width && plane.height === height) return plane.data;
  const [scaleX, scaleY] = [factor(width, plane.width), factor(height, plane.height)];
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = Math.min(plane.height - 1, Math.max(0, (y + 0.5) / scaleY - 0.5));
    const above = Math.floor(v) * plane.width;
    const below = Math.min(plane.height - 1, Math.floor(v) + 1) * plane.width;
    const fy = v - Math.floor(v);
    for (let x = 0; x < width; x++) {
      const u = Math.min(plane.width - 1, Math.max(0, (x + 0.5) / scaleX - 0.5));
      const left = Math.floor(u);
      const right = Math.min(plane.width - 1, left + 1);
      const fx = u - left;
      const upper = plane.data[above + left]! * (1 - fx) + plane.data[above + right]! * fx;
      const lower = plane.data[below + left]! * (1 - fx) + plane.data[below + right]! * fx;
      out[y * width + x] = upper * (1 - fy) + lower * fy + rounding(x, y, { scaleX, scaleY });
    }
  }
  return out;
}

/** What libjpeg adds before it cuts a doubled plane to whole levels: it alternates. */
function rounding(x: number, y: number, scale: { scaleX: number; scaleY: number }): number {
  const { scaleX, scaleY } = scale;
  if (scaleX === 2 && scaleY === 2) return x % 2 === 0 ? 8 / 16 : 7 / 16;
  if (scaleX === 2) return x % 2 === 0 ? 1 / 4 : 2 / 4;
  if (scaleY === 2) return y % 2 === 0 ? 1 / 4 : 2 / 4;
  return 1 / 2;
}

/** The whole (or half-whole) sampling factor between two sides. */
function factor(full: number, part: number): number {
  return [1, 4 / 3, 1.5, 2, 3, 4].find((ratio) => Math.ceil(full / ratio) === part) ?? full / part;
}
