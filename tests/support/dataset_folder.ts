/** Small data sets on disk for tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { encodePng } from "../../lib/data/codecs/png_encode.ts";

/** A file's content: bytes, text, or a value to be written as JSON. */
export type Content = Uint8Array | string | object;

/** Writes the files below a folder and gives its path. */
export function writeFiles(dir: string, files: Record<string, Content>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    const raw = content instanceof Uint8Array || typeof content === "string";
    writeFileSync(join(dir, path), raw ? content : JSON.stringify(content));
  }
  return dir;
}

/** Writes the files below a new folder, gives its path to `use`, and removes it. */
export async function withFiles(
  files: Record<string, Content>,
  use: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "segadv-data-"));
  try {
    await use(writeFiles(dir, files));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** An RGB PNG of one grey. */
export function picture(width: number, height: number, shade = 90): Uint8Array {
  const data = new Uint8Array(width * height * 3).fill(shade);
  return encodePng({ width, height, channels: 3, data });
}

/** A PNG of few bytes that claims 60,000 by 60,000 pixels. */
export function pngBomb(): Uint8Array {
  const bytes = picture(2, 2);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, 60_000);
  view.setUint32(20, 60_000);
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  return bytes;
}

/** A grey PNG that holds `values`, repeated to the size. */
export function labels(
  width: number,
  height: number,
  { values = [0] }: { values?: number[] } = {},
): Uint8Array {
  const data = Uint8Array.from({ length: width * height }, (_, i) => values[i % values.length]!);
  return encodePng({ width, height, channels: 1, data });
}
