import { type FileHandle, open, stat } from "node:fs/promises";

/** Random access to bytes: a file on disk, or one in memory. */
export interface ByteSource {
  /** Name in error messages. */
  label: string;
  /** Bytes in all. */
  size: number;
  /**
   * The bytes from `begin` up to `end`, in a buffer of their own; both must lie within the source.
   *
   * @throws {Error} If the file has become shorter.
   */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Opens a file to read parts of it.
 *
 * @throws {Error} If it cannot be opened, or is no file: a pipe would block.
 */
export async function openBytes(path: string): Promise<ByteSource> {
  const found = await stat(path).catch(() => null); // open() reports what fails here
  if (found !== null && !found.isFile()) {
    throw new Error(`Cannot open ${path}: it is ${found.isDirectory() ? "a folder" : "no file"}`);
  }
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new Error(`Cannot open ${path}: ${reason}`, { cause: error });
  });
  try {
    const { size } = await file.stat();
    const read: ByteSource["read"] = (begin, end) => readRange(file, { begin, end, path });
    return { label: path, size, read, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The same for bytes in memory, which stay the caller's. */
export function bytesInMemory(bytes: Uint8Array, label: string): ByteSource {
  return {
    label,
    size: bytes.length,
    read: (begin, end) => Promise.resolve(bytes.slice(begin, end)),
    close: () => Promise.resolve(),
  };
}

async function readRange(
  file: FileHandle,
  options: { begin: number; end: number; path: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const { begin, end, path } = options;
  const bytes = new Uint8Array(end - begin);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, begin + done);
    if (bytesRead === 0) {
      throw new Error(`Cannot read ${path}: it ends at byte ${begin + done} of ${end}`);
    }
    done += bytesRead;
  }
  return bytes;
}
