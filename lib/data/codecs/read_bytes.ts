/** Reads files of a data set, which may turn out to be folders, pipes or devices. */
import { readFile, stat } from "node:fs/promises";
import { DamagedFileError } from "../dataset.ts";

/** More than any image or label takes, less than any machine has. */
const MAX_BYTES = 2 ** 30;

/**
 * Reads a file. A pipe or a device, which a link may lead to, is refused without reading: it could
 * block or never end.
 *
 * @throws {DamagedFileError} If it is larger than 1 GiB.
 * @throws {Error} If it cannot be read; the message names the file and the cause.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new Error(`Cannot read "${path}": ${why}`, { cause });
  };
  try {
    const found = await stat(path);
    if (found.isDirectory()) refuse("it is a folder");
    if (!found.isFile()) refuse("it is no file but a pipe or a device");
    if (found.size > MAX_BYTES) {
      throw new DamagedFileError(
        `Cannot read "${path}": it has ${(found.size / MAX_BYTES).toFixed(1)} GiB, more than any ` +
          `image or label: the most is 1 GiB`,
      );
    }
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT") refuse("there is no such file", error);
    if (code === "ELOOP") refuse("its links lead in a circle", error);
    if (code === "EACCES" || code === "EPERM") refuse("no right to read it", error);
    return refuse(message, error);
  }
}
