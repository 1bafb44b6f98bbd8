/** The first directory of a TIFF: its header, and what its fields say about the picture. */

/** What a TIFF's fields say, checked. */
export interface TiffLayout {
  littleEndian: boolean;
  width: number;
  height: number;
  /** Samples per pixel, alpha included. */
  samples: number;
  bits: 1 | 2 | 4 | 8 | 16 | 32 | 64;
  format: "unsigned" | "signed" | "float";
  compression: number;
  photometric: number;
  predictor: number;
  /** Whether each sample has blocks of its own. */
  planar: boolean;
  /** Whether the last sample is alpha, and whether colours are multiplied by it. */
  alpha: "none" | "plain" | "premultiplied";
  orientation: number;
  /** Tiles, or strips as tiles of the picture's width; `full`: the last row of them too. */
  block: { width: number; height: number; full: boolean };
  offsets: readonly number[];
  byteCounts: readonly number[];
  /** RGB triples. */
  palette: Uint8Array | null;
  /** Tables that JPEG blocks share. */
  jpegTables: Uint8Array | null;
}

/** Bytes of a value of each type that is read here; 7 is plain bytes. */
const SIZES: Record<number, number> = { 1: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 16: 8 };

/** Fields of the first directory, by tag. */
type Fields = Map<number, number[]>;

/** Whether the bytes start as a TIFF or a BigTIFF does. */
export function isTiff(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  return a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0 ||
    a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43);
}

/** @throws {SyntaxError} If the header or the directory lies outside of the file. */
export function readFields(bytes: Uint8Array): { littleEndian: boolean; fields: Fields } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes[0] === 0x49;
  const isBig = bytes[littleEndian ? 2 : 3] === 43;
  const long = (at: number): number => {
    if (at + 8 > bytes.length) throw new SyntaxError("the file is truncated");
    return isBig ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  };
  const start = long(isBig ? 8 : 4);
  if (start + 8 > bytes.length) throw new SyntaxError("its directory lies outside of the file");
  const count = isBig ? long(start) : view.getUint16(start, littleEndian);
  const [first, step, inline] = isBig ? [start + 8, 20, 8] : [start + 2, 12, 4];
  const fields: Fields = new Map();
  for (let i = 0, at = first; i < count; i++, at += step) {
    if (at + step > bytes.length) throw new SyntaxError("its directory is truncated");
    const type = view.getUint16(at + 2, littleEndian);
    const size = SIZES[type];
    if (size === undefined) continue;
    const values = long(at + 4);
    const place = values * size > inline ? long(at + 4 + inline) : at + 4 + inline;
    if (place + values * size > bytes.length) {
      throw new SyntaxError(`field ${view.getUint16(at, littleEndian)} lies outside of the file`);
    }
    const read = Array.from({ length: values }, (_, k) => {
      const from = place + k * size;
      if (type === 6) return view.getInt8(from);
      if (type === 8) return view.getInt16(from, littleEndian);
      if (type === 9) return view.getInt32(from, littleEndian);
      if (size === 1) return view.getUint8(from);
      if (size === 2) return view.getUint16(from, littleEndian);
      if (size === 4) return view.getUint32(from, littleEndian);
      return Number(view.getBigUint64(from, littleEndian));
    });
    fields.set(view.getUint16(at, littleEndian), read);
  }
  return { littleEndian, fields };
}

const FORMATS = { 1: "unsigned", 2: "signed", 3: "float", 4: "unsigned" } as const;
const BITS: Record<TiffLayout["format"], readonly number[]> = {
  unsigned: [1, 2, 4, 8, 16, 32],
  signed: [8, 16, 32],
  float: [32, 64],
};
/** How many samples each colour model has without the extra ones. */
const COLORS: Record<number, number> = { 0: 1, 1: 1, 2: 3, 3: 1, 4: 1, 5: 4, 6: 3 };

/**
 * The layout of the first picture.
 *
 * @throws {SyntaxError} If fields lack, contradict each other or ask for what is not supported.
 */
export function readLayout(bytes: Uint8Array): TiffLayout {
  const { littleEndian, fields } = readFields(bytes);
  const one = (tag: number, fallback: number): number => fields.get(tag)?.[0] ?? fallback;
  const [width, height] = [one(256, 0), one(257, 0)];
  if (!(width > 0 && height > 0)) throw new SyntaxError(`size ${width}x${height} is empty`);
  const samples = one(277, 1);
  const bits = fields.get(258) ?? [1];
  const formats = fields.get(339) ?? [1];
  const [photometric, compression] = [one(262, 1), one(259, 1)];
  const format = FORMATS[formats[0] as keyof typeof FORMATS];
  const isEven = [...bits, ...formats.map((value) => value * 1000)].every((value) =>
    value === bits[0] || value === formats[0]! * 1000
  );
  if (format === undefined || !isEven || !BITS[format].includes(bits[0]!)) {
    throw new SyntaxError(
      `samples of ${[...new Set(bits)].join(", ")} bits in format ${
        [...new Set(formats)].join(", ")
      } are not supported`,
    );
  }
  const colors = COLORS[photometric];
  if (colors === undefined || samples < colors || samples > 65_535) {
    throw new SyntaxError(`colour model ${photometric} of ${samples} samples is not supported`);
  }
  const isTiled = fields.has(322);
  const rows = Math.min(one(278, height), height);
  const block = isTiled
    ? { width: one(322, 0), height: one(323, 0), full: true }
    : { width, height: rows, full: false };
  if (!(block.width > 0 && block.height > 0)) throw new SyntaxError("its blocks are empty");
  const extra = fields.get(338) ?? [];
  const last = samples > colors && extra.length > 0 ? extra.at(-1)! : 0;
  return {
    littleEndian,
    width,
    height,
    samples,
    bits: bits[0] as TiffLayout["bits"],
    format,
    compression,
    photometric,
    predictor: one(317, 1),
    planar: one(284, 1) === 2 && samples > 1,
    alpha: last === 2 ? "plain" : last === 1 ? "premultiplied" : "none",
    orientation: one(274, 1),
    block,
    offsets: fields.get(isTiled ? 324 : 273) ?? [],
    byteCounts: fields.get(isTiled ? 325 : 279) ?? [],
    palette: photometric === 3 ? paletteOf(fields.get(320) ?? [], bits[0]!) : null,
    jpegTables: fields.has(347) ? Uint8Array.from(fields.get(347)!) : null,
  };
}

function paletteOf(map: readonly number[], bits: number): Uint8Array {
  const count = 2 ** bits;
  if (bits > 8 || map.length !== count * 3) throw new SyntaxError("its palette is damaged");
  return Uint8Array.from({ length: count * 3 }, (_, i) => map[i % 3 * count + (i / 3 | 0)]! >> 8);
}
