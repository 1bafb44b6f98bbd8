/** Text files of any encoding that editors write. */
import { readBytes } from "../codecs/read_bytes.ts";

/** Reads a text in UTF-8 or UTF-16, with or without a byte-order mark. */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  return new TextDecoder(encodingOf(bytes)).decode(bytes).replace(/^\ufeff/, "");
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  // Without a mark, every other byte of Latin text is 0
  if (bytes.length >= 4 && bytes[1] === 0 && bytes[3] === 0) return "utf-16le";
  if (bytes.length >= 4 && bytes[0] === 0 && bytes[2] === 0) return "utf-16be";
  return "utf-8";
}

/** The lines that are not blank, without spaces around them, each with its number from 1. */
export function linesOf(text: string): { line: string; number: number }[] {
  return text.split(/\r\n|\n|\r/)
    .map((raw, i) => ({ line: raw.trim(), number: i + 1 }))
    .filter(({ line }) => line !== "");
}
