/**
 * NumPy's `.npz`: a zip archive of arrays.
 *
 * @module
 */
import { type ByteSource, openBytes } from "./byte_source.ts";
import {
  DTYPE_BYTES,
  float32Values,
  gather,
  type SafetensorsDtype,
  sizeFromShape,
} from "./float32_values.ts";
import type { WeightFile, WeightFormat, WeightTensor } from "../weight_file.ts";
import { isZip, openZip, type ZipEntry } from "./zip.ts";
import { printable } from "../../util/format.ts";

const DTYPES: ReadonlyMap<string, SafetensorsDtype> = new Map([
  ["<f4", "F32"],
  ["<f2", "F16"],
  ["<f8", "F64"],
  ["<i8", "I64"],
  ["<i4", "I32"],
  ["<i2", "I16"],
  ["|i1", "I8"],
  ["<u8", "U64"],
  ["<u4", "U32"],
  ["<u2", "U16"],
  ["|u1", "U8"],
  ["|b1", "BOOL"],
]);

interface StoredArray extends WeightTensor {
  dtype: SafetensorsDtype;
  entry: ZipEntry;
  strides: number[];
  /** Bytes of the header before the values. */
  dataStart: number;
}

/** NumPy archives as a format of weight files. */
export const npzFormat: WeightFormat = {
  name: "npz",
  summary: "NumPy's archives of arrays",
  matches: async ({ bytes, zipEntries }) =>
    isZip(bytes) && (await zipEntries()).some((name) => name.endsWith(".npy")),
  open: openNpz,
};

/**
 * Opens a file that `numpy.savez` or `savez_compressed` wrote; an array's name is its key.
 *
 * @returns The file, to be closed by the caller.
 * @throws {SyntaxError} If the file is damaged or holds anything but little-endian numbers.
 */
export async function openNpz(path: string): Promise<WeightFile> {
  const source = await openBytes(path);
  try {
    return await fromSource(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function fromSource(source: ByteSource): Promise<WeightFile> {
  const path = source.label;
  const refuse = (reason: string): never => {
    throw new SyntaxError(`Cannot read ${path} as npz: ${printable(reason)}`);
  };
  const zip = await openZip(source, refuse);
  const tensors = new Map<string, StoredArray>();
  for (const entry of zip.entries.values()) {
    if (!entry.name.endsWith(".npy")) continue;
    const name = entry.name.slice(0, -".npy".length);
    const head = await zip.readHead(entry, 4096);
    tensors.set(name, parseHeader(head, { entry, refuse }));
  }
  if (tensors.size === 0) refuse("it holds no arrays");
  return {
    path,
    format: "npz",
    tensors,
    saved: null,
    async read(name) {
      const array = tensors.get(name);
      if (array === undefined) {
        throw new RangeError(`Cannot read ${name}: ${path} has no such array`);
      }
      const bytes = await zip.read(array.entry);
      const values = float32Values(bytes.slice(array.dataStart), array.dtype);
      return gather(values, { ...array, offset: 0 });
    },
    close: () => source.close(),
  };
}

type Refuse = (reason: string) => never;

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` behind a magic number. */
function parseHeader(
  head: Uint8Array,
  { entry, refuse }: { entry: ZipEntry; refuse: Refuse },
): StoredArray {
  const complain = (reason: string): never => refuse(`${JSON.stringify(entry.name)} ${reason}`);
  const isNumpy = head.length >= 12 && head[0] === 0x93 &&
    new TextDecoder().decode(head.subarray(1, 6)) === "NUMPY";
  if (!isNumpy) return complain("is no NumPy array");
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isFirst = head[6] === 1;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = isFirst ? 10 : 12;
  const dataStart = start + length;
  if (dataStart > head.length) return complain(`has a header of ${length} bytes`);
  const text = new TextDecoder("latin1").decode(head.subarray(start, dataStart));
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const sides = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (order === undefined || sides === undefined) return complain("has a header without a shape");
  const dtype = DTYPES.get(descr ?? "");
  if (dtype === undefined) {
    return complain(`holds ${descr ?? "records"}, not little-endian numbers`);
  }
  const shape = sides.split(",").map((side) => side.trim()).filter((side) => side !== "").map(
    Number,
  );
  const needed = sizeFromShape(shape) * DTYPE_BYTES[dtype];
  if (shape.length > 16 || needed !== entry.size - dataStart) {
    return complain(`${dtype} [${shape}] needs ${needed} bytes and has ${entry.size - dataStart}`);
  }
  return { dtype, shape, entry, dataStart, strides: stridesOf(shape, order === "True") };
}

function stridesOf(shape: readonly number[], isFortran: boolean): number[] {
  return shape.map((_, axis) =>
    sizeFromShape(isFortran ? shape.slice(0, axis) : shape.slice(axis + 1))
  );
}
