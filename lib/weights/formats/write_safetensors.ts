/**
 * Writes safetensors files that carry their own SHA-256.
 *
 * @module
 */
import { createSha256 } from "../../util/hash.ts";
import type { FileHandle } from "node:fs/promises";
import { writeFileAtomic } from "../../util/files.ts";
import { DTYPE_BYTES, type SafetensorsDtype } from "./float32_values.ts";
import { SEAL_OFFSET, UNSEALED } from "./safetensors.ts";

/** A tensor to be written. */
export interface TensorSource {
  name: string;
  dtype: SafetensorsDtype;
  shape: readonly number[];
  /** Gives the values when their turn comes, so that only one tensor at a time is held. */
  read(): ArrayBufferView | Promise<ArrayBufferView>;
}

/** Options of {@linkcode writeSafetensors}. */
export interface WriteSafetensorsOptions {
  /** Texts for `__metadata__`; `sha256` is added. */
  metadata?: Readonly<Record<string, string>>;
  /** Awaited when all is written and before the file takes its name; may throw to drop it. */
  beforeCommit?: () => void | Promise<void>;
}

/**
 * Writes tensors into one file, in one step (see `writeFileAtomic`), in the order given. Its
 * metadata holds the SHA-256 of the whole file with 64 zeros in the hash's own place.
 *
 * @returns Bytes written.
 * @throws {RangeError} If a name comes twice or values do not fill their shape.
 * @throws {Error} If the file cannot be written.
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@segadv/segadv/weights";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "empty.safetensors");
 * await writeSafetensors(path, [], { metadata: { made: "here" } });
 * const file = await openSafetensors(path);
 * assert.equal(file.metadata.get("made"), "here");
 * await file.close();
 * ```
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  options: WriteSafetensorsOptions = {},
): Promise<number> {
  const header = buildHeader(tensors, options.metadata ?? {}, path);
  const size = header.length + tensorBytes(tensors);
  await writeFileAtomic(path, async (file) => {
    const hash = createSha256();
    hash.update(header);
    let at = await writeAll(file, header, { at: 0 });
    for (const tensor of tensors) {
      const values = await tensor.read();
      if (values.byteLength !== bytesOf(tensor)) {
        throw new RangeError(
          `Cannot write ${tensor.name} to ${path}: ${tensor.dtype} [${tensor.shape}] needs ` +
            `${bytesOf(tensor)} bytes, got ${values.byteLength}`,
        );
      }
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      hash.update(bytes);
      at = await writeAll(file, bytes, { at });
    }
    await writeAll(file, new TextEncoder().encode(hash.hex()), { at: SEAL_OFFSET });
    await options.beforeCommit?.();
  });
  return size;
}

/** Bytes that a file of these tensors will have, header aside. */
export function tensorBytes(tensors: readonly TensorSource[]): number {
  return tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
}

function bytesOf({ dtype, shape }: TensorSource): number {
  return shape.reduce((a, b) => a * b, DTYPE_BYTES[dtype]);
}

/** Length and JSON, padded with spaces so that tensors start at a multiple of 8. */
function buildHeader(
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
  path: string,
): Uint8Array {
  const seen = new Set(["__metadata__"]);
  // Not JSON.stringify of an object, which would put keys such as "0" before sha256
  const texts = Object.entries({ ...metadata, sha256: undefined })
    .filter(([, text]) => text !== undefined).map(pair);
  const members = [`"__metadata__":{${[pair(["sha256", UNSEALED]), ...texts].join(",")}}`];
  let begin = 0;
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor;
    if (seen.has(name)) {
      throw new RangeError(`Cannot write ${path}: the name ${name} comes twice`);
    }
    seen.add(name);
    const end = begin + bytesOf(tensor);
    members.push(pair([name, { dtype, shape, data_offsets: [begin, end] }]));
    begin = end;
  }
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, 8);
  return header;
}

function pair([key, value]: [string, unknown]): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

/** Writes all of the bytes (a system call may take fewer) and gives the place behind them. */
async function writeAll(
  file: FileHandle,
  bytes: Uint8Array,
  options: { at: number },
): Promise<number> {
  for (let done = 0; done < bytes.length;) {
    const left = bytes.length - done;
    const { bytesWritten } = await file.write(bytes, done, left, options.at + done);
    done += bytesWritten;
  }
  return options.at + bytes.length;
}
