/**
 * JSON files that are too large to be held twice: read in parts, element by element.
 *
 * @module
 */
import { Tokenizer, TokenParser, TokenType } from "@streamparser/json";
import { open, stat } from "node:fs/promises";
import { mebibytes, printable } from "../../util/format.ts";
import { DamagedFileError } from "../dataset.ts";

/** Bytes that a JSON file of annotations may have. */
export const MAX_JSON_BYTES: number = 2 ** 29;
/** How deep arrays and objects may be nested. */
const MAX_DEPTH = 64;
const CHUNK = 2 ** 20;

/** Takes one element; what it throws ends the reading. */
export type TakeElement = (element: unknown) => void;

/**
 * Calls a function with each element of some arrays of a JSON file, in the file's order.
 *
 * @param takers By the array's key in the top-level object; "" is a top-level array itself.
 * @throws {DamagedFileError} If the file is no JSON, has more than 512 MiB or is nested too deeply;
 * names it.
 * @throws {Error} If the file cannot be read, or is a pipe or a device.
 */
export async function streamJson(
  file: string,
  takers: Readonly<Record<string, TakeElement>>,
): Promise<void> {
  await requireReadable(file);
  const tokenizer = new Tokenizer();
  const paths = Object.keys(takers).map((key) => key === "" ? "$.*" : `$.${key}.*`);
  const parser = new TokenParser({ paths, keepStack: false });
  let depth = 0;
  tokenizer.onToken = (info) => {
    const { token } = info;
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) {
      if (++depth > MAX_DEPTH) throw new RangeError(`it is nested more than ${MAX_DEPTH} deep`);
    } else if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) depth--;
    parser.write(info);
  };
  let failure: { cause: unknown } | null = null;
  parser.onValue = ({ value, stack, key }) => {
    // An element of an object is none of an array
    if (typeof key !== "number") return;
    try {
      takers[String(stack[1]?.key ?? "")]?.(value);
    } catch (error) {
      failure = { cause: error };
      throw error;
    }
  };
  const handle = await open(file);
  try {
    const chunk = new Uint8Array(CHUNK);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK);
      if (bytesRead === 0) break;
      tokenizer.write(chunk.subarray(0, bytesRead));
    }
    // The tokenizer has ended where the document has
    if (!tokenizer.isEnded) tokenizer.end();
    if (!parser.isEnded) throw new SyntaxError("it breaks off");
  } catch (error) {
    const { cause } = (failure ?? {}) as { cause?: unknown };
    if (cause !== undefined) throw cause;
    // A code alone does not tell: a decoder of UTF-8 gives its errors one as well
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw new DamagedFileError(
      `Cannot read "${file}": not JSON (${printable((error as Error).message).slice(0, 200)})`,
    );
  } finally {
    await handle.close();
  }
}

async function requireReadable(file: string): Promise<void> {
  const found = await stat(file).catch((error: Error) => {
    throw new Error(`Cannot read "${file}": ${error.message}`, { cause: error });
  });
  if (!found.isFile()) throw new Error(`Cannot read "${file}": it is no file`);
  if (found.size > MAX_JSON_BYTES) {
    throw new DamagedFileError(
      `Cannot read "${file}": it has ${mebibytes(found.size)}, the most is 512 MiB`,
    );
  }
}
