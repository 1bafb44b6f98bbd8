const BLOCK = 512;

/** A regular file of a tar archive. */
export interface TarFile {
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the regular files of a tar archive (ustar, with GNU's long names), as `deno publish` sends
 * them.
 *
 * @throws {SyntaxError} If a header is broken or the archive ends within a file.
 */
export function readTar(archive: Uint8Array<ArrayBuffer>): TarFile[] {
  const files: TarFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = parseInt(field(header, 124, 12), 8);
    if (!Number.isSafeInteger(size)) {
      throw new SyntaxError(`Cannot read the tar archive: broken header at byte ${at}`);
    }
    const bytes = archive.slice(at + BLOCK, at + BLOCK + size);
    if (bytes.length < size) {
      throw new SyntaxError(`Cannot read the tar archive: it ends within the file at byte ${at}`);
    }
    const type = field(header, 156, 1);
    if (type === "L") longName = field(bytes, 0, size);
    else {
      const prefix = field(header, 257, 6).startsWith("ustar") ? field(header, 345, 155) : "";
      const path = longName ?? (prefix ? `${prefix}/` : "") + field(header, 0, 100);
      if (type === "0" || type === "") files.push({ path, bytes });
      longName = undefined;
    }
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return files;
}

/** A field of a header: text up to the first NUL. */
function field(header: Uint8Array, offset: number, length: number): string {
  const bytes = header.subarray(offset, offset + length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
