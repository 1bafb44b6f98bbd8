import { rm } from "node:fs/promises";
import { explainFileError } from "./file_error.ts";

/**
 * Removes a file, if it is there.
 *
 * @throws {Error} If it cannot be removed; the message names it.
 */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error) => {
    throw explainFileError(error, { attempt: `remove ${path}` });
  });
}
