import { printable } from "../../util/format.ts";
import { DTYPE_BYTES, type SafetensorsDtype } from "./float32_values.ts";

/** Type, shape and place of a tensor in a file. */
export interface SafetensorsEntry {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Byte range in the file. */
  begin: number;
  end: number;
}

/** What the head of a file says. */
export interface SafetensorsHeader {
  metadata: ReadonlyMap<string, string>;
  entries: ReadonlyMap<string, SafetensorsEntry>;
}

/** Limits on what a header may claim, far above any network. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const MAX_TENSORS = 100_000;
const MAX_RANK = 16;

/** Throws with the reason why a file is refused. */
export type Refuse = (reason: string) => never;

/** Makes a `Refuse` for a file of that name. */
export function refuseFile(label: string): Refuse {
  return (reason) => {
    throw new SyntaxError(`Cannot read ${label} as safetensors: ${printable(reason)}`);
  };
}

/**
 * Length of the header, from the file's first 8 bytes.
 *
 * @throws {SyntaxError} If it cannot be true of a file of `size` bytes.
 */
export function headerLength(
  prefix: Uint8Array,
  options: { size: number; refuse: Refuse },
): number {
  const { size, refuse } = options;
  if (prefix.length < 8) return refuse(`it has ${prefix.length} bytes, a header needs 8`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES) {
    return refuse(`its header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are read`);
  }
  if (8 + length > size) {
    return refuse(`its header claims ${length} bytes of a file of ${size}; it was cut short`);
  }
  return length;
}

/**
 * Reads the header and checks that its tensors cover the rest of the file, each byte once.
 *
 * @param header The JSON text's bytes, without the length before it.
 * @param options Size of the whole file in bytes.
 * @throws {SyntaxError} If anything in it is wrong.
 */
export function parseHeader(
  header: Uint8Array,
  options: { size: number; refuse: Refuse },
): SafetensorsHeader {
  const { size, refuse } = options;
  const json = parseObject(header, refuse);
  const dataStart = 8 + header.length;
  const names = Object.keys(json).filter((name) => name !== "__metadata__");
  if (names.length > MAX_TENSORS) {
    return refuse(`it claims ${names.length} tensors, at most ${MAX_TENSORS} are read`);
  }
  const entries = new Map(names.map((name) => {
    const complain: Refuse = (reason) => refuse(`tensor ${JSON.stringify(name)} ${reason}`);
    return [name, parseEntry(json[name], { dataStart, size, refuse: complain })];
  }));
  checkCover(entries, { dataStart, size, refuse });
  return { metadata: parseMetadata(json.__metadata__, refuse), entries };
}

function parseObject(header: Uint8Array, refuse: Refuse): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch (error) {
    return refuse(`its header is not JSON (${(error as Error).message.replace(/\s+/g, " ")})`);
  }
  if (!isObject(json)) return refuse("its header is not a JSON object");
  return json;
}

function parseMetadata(value: unknown, refuse: Refuse): Map<string, string> {
  if (value === undefined) return new Map();
  if (!isObject(value)) return refuse("__metadata__ is not a JSON object");
  const pairs = Object.entries(value);
  const wrong = pairs.find(([, text]) => typeof text !== "string");
  if (wrong !== undefined) refuse(`__metadata__ has ${JSON.stringify(wrong[0])}, not a text`);
  return new Map(pairs as [string, string][]);
}

function parseEntry(
  value: unknown,
  options: { dataStart: number; size: number; refuse: Refuse },
): SafetensorsEntry {
  const { dataStart, size, refuse } = options;
  if (!isObject(value)) return refuse("is described by no JSON object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    return refuse(`has type ${show(dtype)}; known are ${Object.keys(DTYPE_BYTES).join(", ")}`);
  }
  if (!isCounts(shape) || shape.length > MAX_RANK) {
    return refuse(`has shape ${show(shape)}, expected at most ${MAX_RANK} whole numbers`);
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    return refuse(`has data_offsets ${show(offsets)}, expected [begin, end]`);
  }
  const [begin, end] = [dataStart + offsets[0]!, dataStart + offsets[1]!];
  if (end > size) return refuse(`ends at byte ${end} of a file of ${size}; it was cut short`);
  const needed = shape.reduce((a, b) => a * b, DTYPE_BYTES[dtype as SafetensorsDtype]);
  if (end - begin !== needed) {
    return refuse(`${dtype} [${shape}] needs ${needed} bytes and has ${end - begin}`);
  }
  return { dtype: dtype as SafetensorsDtype, shape, begin, end };
}

/** The format allows neither overlaps nor gaps between tensors. */
function checkCover(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  options: { dataStart: number; size: number; refuse: Refuse },
): void {
  let at = options.dataStart;
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== at) {
      const what = begin < at ? "overlaps the one before it" : `leaves ${begin - at} bytes unused`;
      options.refuse(`tensor ${JSON.stringify(name)} ${what}`);
    }
    at = end;
  }
  if (at !== options.size) options.refuse(`${options.size - at} bytes follow the last tensor`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
