import { open, stat } from "node:fs/promises";

/** A whole line of a growing file, or word that the file was cut shorter. */
export type Followed = { line: string; end: number } | "cut";

/** Milliseconds between two looks at the file. */
const PAUSE = 400;

/** Gives the lines of a file from a byte on, and those to come, until the signal. */
export async function* followFile(
  path: string,
  options: { from: number; signal: AbortSignal },
): AsyncGenerator<Followed> {
  const { signal } = options;
  let at = options.from;
  while (!signal.aborted) {
    const size = await stat(path).then((found) => found.size, () => 0);
    if (size < at) {
      at = 0;
      yield "cut";
    }
    for (const line of await wholeLines(path, { from: at, to: size })) {
      at += line.length + 1;
      yield { line: new TextDecoder().decode(line), end: at };
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function wholeLines(
  path: string,
  { from, to }: { from: number; to: number },
): Promise<Uint8Array[]> {
  if (to <= from) return [];
  const bytes = new Uint8Array(to - from);
  const file = await open(path, "r");
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from).finally(() => file.close());
  const lines: Uint8Array[] = [];
  let begin = 0;
  for (let end = bytes.indexOf(10); end >= 0 && end < bytesRead; end = bytes.indexOf(10, begin)) {
    lines.push(bytes.subarray(begin, end));
    begin = end + 1;
  }
  return lines;
}
