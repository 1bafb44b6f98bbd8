import { crc32, inflateRawSync } from "node:zlib";
import type { ByteSource } from "./byte_source.ts";

/** A file in an archive. */
export interface ZipEntry {
  name: string;
  /** Length when unpacked. */
  size: number;
  /** Bytes it takes in the archive. */
  packed: number;
  method: number;
  /** CRC-32 of its bytes when unpacked. */
  crc: number;
  /** Offset of its local header. */
  at: number;
}

/** The table of contents of an archive whose files are read one by one. */
export interface Zip {
  entries: ReadonlyMap<string, ZipEntry>;
  /** A file's bytes, which agree with their checksum. */
  read(entry: ZipEntry): Promise<Uint8Array<ArrayBuffer>>;
  /** Up to `length` of a file's first bytes; unpacks no more than it must. */
  readHead(entry: ZipEntry, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

const MAX_ENTRIES = 100_000;
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20;
/** Unpacked bytes of all files together: several times the largest network here. */
const MAX_UNPACKED = 2 ** 33;
/** Largest ratio that deflate reaches: a larger claimed size is false. */
const MAX_RATIO = 1032;

/**
 * Reads an archive's table of contents. Nothing is unpacked onto the disk; sizes are checked
 * against the archive's own before memory is taken.
 *
 * @param refuse Says what is wrong with the file; throws.
 */
export async function openZip(
  source: ByteSource,
  refuse: (reason: string) => never,
): Promise<Zip> {
  const { begin, length, count } = await findDirectory(source, refuse);
  const directory = await source.read(begin, begin + length);
  const entries = new Map<string, ZipEntry>();
  let [at, unpacked] = [0, 0];
  for (let i = 0; i < count; i++) {
    const { entry, next } = parseEntry(directory, { at, refuse });
    if (entries.has(entry.name)) refuse(`it holds two files named ${JSON.stringify(entry.name)}`);
    if (entry.at + 30 + entry.packed > begin) {
      refuse(`${JSON.stringify(entry.name)} claims ${entry.packed} bytes that it does not have`);
    }
    unpacked += entry.size;
    if (unpacked > MAX_UNPACKED) {
      refuse(`it claims ${(unpacked / 2 ** 30).toFixed(1)} GiB unpacked, at most 8 are read`);
    }
    await dataStart(source, { entry, refuse });
    entries.set(entry.name, entry);
    at = next;
  }
  const dataOf = async (entry: ZipEntry, limit: number): Promise<Uint8Array<ArrayBuffer>> => {
    const start = await dataStart(source, { entry, refuse });
    if (start + entry.packed > begin) refuse(`${JSON.stringify(entry.name)} was cut short`);
    return await source.read(start, start + Math.min(entry.packed, limit));
  };
  return {
    entries,
    async read(entry) {
      const data = await dataOf(entry, Infinity);
      const bytes = entry.method === 0 ? data : inflate(data, { entry, refuse });
      const crc = crc32(bytes);
      if (crc !== entry.crc) {
        const [is, said] = [crc, entry.crc].map((sum) => sum.toString(16).padStart(8, "0"));
        refuse(`${JSON.stringify(entry.name)} is damaged: its CRC-32 is ${is}, claims ${said}`);
      }
      return bytes;
    },
    async readHead(entry, length) {
      const data = await dataOf(entry, length);
      if (entry.method === 0) return data;
      return inflateHead(data, { entry, refuse }).subarray(0, length);
    },
  };
}

/** Whether bytes begin as a zip archive does. */
export function isZip(head: Uint8Array): boolean {
  const [p, k, third, fourth] = head;
  const isRecord = third === 3 && fourth === 4 || third === 5 && fourth === 6; // a file, or the end
  return p === 0x50 && k === 0x4b && isRecord;
}

type Refuse = (reason: string) => never;

async function findDirectory(
  source: ByteSource,
  refuse: Refuse,
): Promise<{ begin: number; length: number; count: number }> {
  const { size } = source;
  const from = Math.max(0, size - 65_557);
  const tail = await source.read(from, size);
  const view = viewOf(tail);
  let at = tail.length - 22;
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) return refuse("its table of contents is missing; the file was cut short");
  const count = view.getUint16(at + 10, true);
  const length = view.getUint32(at + 12, true);
  const begin = view.getUint32(at + 16, true);
  if (count === 0xffff || begin === 0xffffffff) return refuse("archives above 4 GiB are not read");
  if (begin + length > from + at || length > MAX_DIRECTORY_BYTES || count > MAX_ENTRIES) {
    return refuse(`its table of contents claims ${count} files in ${length} bytes at ${begin}`);
  }
  return { begin, length, count };
}

function parseEntry(
  directory: Uint8Array,
  options: { at: number; refuse: Refuse },
): { entry: ZipEntry; next: number } {
  const { at, refuse } = options;
  const view = viewOf(directory);
  if (at + 46 > directory.length || view.getUint32(at, true) !== 0x02014b50) {
    return refuse("its table of contents is damaged");
  }
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const next = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (next > directory.length) return refuse("its table of contents is damaged");
  const name = new TextDecoder().decode(directory.subarray(at + 46, nameEnd));
  const entry: ZipEntry = {
    name,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    at: view.getUint32(at + 42, true),
  };
  checkEntry(entry, { flags: view.getUint16(at + 8, true), refuse });
  return { entry, next };
}

function checkEntry(entry: ZipEntry, options: { flags: number; refuse: Refuse }): void {
  const { name, method, size, packed } = entry;
  const complain = (reason: string): never => options.refuse(`${JSON.stringify(name)} ${reason}`);
  if (/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)|\0/i.test(name)) {
    complain("is a name that leads out of the archive");
  }
  if ((options.flags & 1) !== 0) complain("is encrypted");
  if (method !== 0 && method !== 8) complain(`is packed by method ${method}; deflate is read`);
  if (method === 0 ? size !== packed : size > packed * MAX_RATIO) {
    complain(`claims ${size} bytes from ${packed}`);
  }
}

/**
 * Where a file's data begin. Its name stands before them again, and must be the same: no checksum
 * covers names.
 */
async function dataStart(
  source: ByteSource,
  { entry, refuse }: { entry: ZipEntry; refuse: Refuse },
): Promise<number> {
  const view = viewOf(await source.read(entry.at, entry.at + 30));
  if (view.getUint32(0, true) !== 0x04034b50) refuse(`${JSON.stringify(entry.name)} is not there`);
  const begin = entry.at + 30;
  const end = begin + view.getUint16(26, true);
  const name = end > source.size ? "" : new TextDecoder().decode(await source.read(begin, end));
  if (name !== entry.name) {
    refuse(`${JSON.stringify(entry.name)} is there as ${JSON.stringify(name)}`);
  }
  return end + view.getUint16(28, true);
}

function inflate(
  data: Uint8Array,
  { entry, refuse }: { entry: ZipEntry; refuse: Refuse },
): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(data, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    return refuse(`${JSON.stringify(entry.name)} does not unpack (${(error as Error).message})`);
  }
  if (bytes.length !== entry.size) {
    return refuse(`${JSON.stringify(entry.name)} has ${bytes.length} bytes, claims ${entry.size}`);
  }
  return new Uint8Array(bytes);
}

function inflateHead(
  data: Uint8Array,
  { entry, refuse }: { entry: ZipEntry; refuse: Refuse },
): Uint8Array<ArrayBuffer> {
  try {
    const finishFlush = 2; // Z_SYNC_FLUSH: the data end in the middle
    const maxOutputLength = (data.length + 64) * MAX_RATIO;
    return new Uint8Array(inflateRawSync(data, { finishFlush, maxOutputLength }));
  } catch (error) {
    return refuse(`${JSON.stringify(entry.name)} does not unpack (${(error as Error).message})`);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
