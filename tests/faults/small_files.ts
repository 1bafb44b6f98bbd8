/** Small files of formats that others write, made from nothing. */
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { crc32, deflateRawSync, deflateSync } from "node:zlib";

/** A MATLAB 5 file that holds one 2×2 matrix of bytes named `x`, packed or not. */
export function smallMat({ packed }: { packed: boolean }): Uint8Array {
  const head = Buffer.alloc(128);
  head.write("MATLAB 5.0 MAT-file".padEnd(124), "latin1");
  head.writeUInt16LE(0x0100, 124);
  head.writeUInt16LE(0x4d49, 126);
  const words = [14, 56, 6, 8, 9, 0, 5, 8, 2, 2, 0x10001, 0x78, 0x40002, 0x04030201, 0, 0];
  const matrix = Buffer.from(Uint32Array.from(words).buffer);
  if (!packed) return Buffer.concat([head, matrix]);
  const data = deflateSync(matrix);
  return Buffer.concat([head, Buffer.from(Uint32Array.of(15, data.length).buffer), data]);
}

/** A NumPy array of 2×3 numbers. */
export function smallNpy(): Uint8Array {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117) + "\n";
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${header}`, "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)]);
}

/** A zip archive whose checksums are right, of files packed or stored as they are. */
export function zipOf(
  files: Readonly<Record<string, Uint8Array>>,
  options: { packed: boolean },
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  const known = new Map<Uint8Array, { data: Uint8Array; crc: number }>();
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const { data, crc } = known.get(content) ??
      { data: options.packed ? deflateRawSync(content) : content, crc: crc32(content) };
    known.set(content, { data, crc });
    const fields = Buffer.alloc(26); // from "version needed" to "length of the extra field"
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(options.packed ? 8 : 0, 4);
    fields.writeUInt32LE(crc, 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), data]);
    const version = Buffer.of(20, 0);
    directory.push(Buffer.from("PK\x01\x02"), version, fields, place, Buffer.from(name));
    parts.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(18);
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, Buffer.from("PK\x05\x06"), end]);
}

/** Writes Keras weights of two layers and gives the file's bytes. */
export async function smallH5(path: string): Promise<Uint8Array> {
  const h5 = await import("h5wasm/node");
  await h5.ready;
  const file = new h5.File(path, "w");
  for (const [layer, shape] of [["conv1", [3, 3, 1, 2]], ["fc", [4, 2]]] as const) {
    const group = file.create_group(layer);
    group.create_attribute("weight_names", [`${layer}/kernel:0`, `${layer}/bias:0`]);
    const inner = group.create_group(layer);
    const size = shape.reduce((product: number, side) => product * side, 1);
    inner.create_dataset({
      name: "kernel:0",
      data: Float32Array.from({ length: size }, (_, i) => i / 8),
      shape: [...shape],
      ...(layer === "fc" ? { chunks: [2, 2], compression: 4 } : {}),
    });
    inner.create_dataset({ name: "bias:0", data: new Float32Array(2), shape: [2] });
  }
  file.create_attribute("layer_names", ["conv1", "fc"]);
  file.close();
  return new Uint8Array(await readFile(path));
}
