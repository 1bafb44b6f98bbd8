/**
 * Frames of videos, through ffmpeg where it is installed.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { extname, resolve } from "node:path";

/** Endings of files that are taken for videos. */
const VIDEO_EXTENSIONS = [".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv"];

/** Whether a file is taken for a video, by its ending. */
export function isVideo(path: string): boolean {
  return VIDEO_EXTENSIONS.includes(extname(path).toLowerCase());
}

/** Bytes that one frame may take: more than the largest picture that is decoded. */
const MAX_FRAME = 2 ** 29;

/**
 * The frames of a video as PNG files, one after the other.
 *
 * @param options `fps`: frames a second; all where it is absent.
 * @throws {Error} If ffmpeg is not installed, or cannot read the file; says what it said.
 */
export async function* framesOf(
  file: string,
  { fps, signal }: { fps: number | undefined; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const args = [
    ...[
      "-v",
      "error",
      "-nostdin",
      "-protocol_whitelist",
      "file,pipe",
      "-i",
      `file:${resolve(file)}`,
    ],
    ...(fps === undefined ? [] : ["-vf", `fps=${fps}`]),
    ...["-f", "image2pipe", "-c:v", "png", "-"],
  ];
  const child = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "pipe"], signal });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => said = (said + text).slice(-2000));
  const ended = new Promise<number | null>((done, fail) => {
    child.on("error", fail);
    child.on("close", done);
  });
  ended.catch(() => {}); // awaited below, unless the frames are not read to their end
  try {
    yield* splitPngs(child.stdout);
    const code = await ended;
    if (code === 0) return;
    const why = said.trim().split("\n").at(-1) || `ffmpeg ended with ${code}`;
    throw new Error(`Cannot read frames of ${file}: ${why}`);
  } catch (error) {
    const { code } = await ended.then(() => error, (fault) => fault) as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw error;
    throw new Error(
      `Cannot read frames of ${file}: ffmpeg is not installed (no such program in PATH); install ` +
        "it, or give the frames as pictures",
      { cause: error },
    );
  } finally {
    child.kill();
  }
}

/** Cuts a stream of PNG files apart. */
async function* splitPngs(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = new Uint8Array(0);
  for await (const piece of stream) {
    const joined = new Uint8Array(held.length + piece.length);
    joined.set(held);
    joined.set(piece, held.length);
    held = joined;
    for (let length = pngLength(held); length !== null; length = pngLength(held)) {
      yield held.slice(0, length);
      held = held.slice(length);
    }
    if (held.length > MAX_FRAME) throw new Error("Cannot read frames: one has more than 512 MiB");
  }
}

/** Bytes of the PNG that a buffer begins with; `null` while it is not whole. */
function pngLength(bytes: Uint8Array): number | null {
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length;) {
    const isEnd = fields.getUint32(at + 4) === 0x49454e44;
    at += 12 + fields.getUint32(at);
    if (isEnd) return at <= bytes.length ? at : null;
  }
  return null;
}
