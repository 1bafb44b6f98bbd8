import { open } from "node:fs/promises";

const HEAD = 2 ** 16;

/**
 * The first 64 KiB of a file as text, which say what it is; "" where it is no file or cannot be read.
 */
export async function readHead(path: string): Promise<string> {
  const handle = await open(path).catch(() => null);
  if (handle === null) return "";
  try {
    if (!(await handle.stat()).isFile()) return "";
    const { bytesRead, buffer } = await handle.read(new Uint8Array(HEAD), 0, HEAD);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead)).replace(/^\ufeff/, "");
  } catch {
    return "";
  } finally {
    await handle.close();
  }
}
