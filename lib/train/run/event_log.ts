/**
 * The event log of a run, one line of JSON an event.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { explainFileError } from "../../util/files.ts";
import type { TrainEvent } from "../events.ts";

/** Most bytes of the last line that are looked at. */
const TAIL = 1 << 20;

/** An event log open for writing. */
export class EventLog {
  readonly #path: string;
  readonly #file: FileHandle;
  #bytes: number;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Opens a log at its end; makes it where it is missing. */
  static async open(path: string): Promise<EventLog> {
    const file = await open(path, "a+").catch((error) => {
      throw explainFileError(error, { attempt: `write ${path}`, folder: path });
    });
    return new EventLog(path, file, (await file.stat()).size);
  }

  /** Length in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {Error} If the disk is full; what was written of the line is taken back. */
  async append(event: TrainEvent): Promise<void> {
    const line = new TextEncoder().encode(JSON.stringify(event) + "\n");
    try {
      await this.#file.appendFile(line);
      this.#bytes += line.length;
    } catch (error) {
      await this.#file.truncate(this.#bytes).catch(() => {});
      this.#explain(error);
    }
  }

  /** Waits until all of it is on the disk. */
  async flush(): Promise<void> {
    await this.#file.sync().catch((error) => this.#explain(error));
  }

  /**
   * Cuts the log off, at a whole line.
   *
   * @param bytes Length to keep, or as much as there is.
   * @returns Whole or torn lines that were dropped.
   */
  async cut(bytes: number): Promise<number> {
    const kept = await this.#read(Math.max(0, Math.min(bytes, this.#bytes) - TAIL), bytes);
    const end = Math.min(bytes, this.#bytes) - (kept.length - 1 - kept.lastIndexOf("\n"));
    const dropped = await this.#read(end, this.#bytes);
    await this.#file.truncate(end).catch((error) => this.#explain(error));
    this.#bytes = end;
    return dropped.split("\n").filter((line) => line !== "").length;
  }

  /** The last event that is whole, `null` where there is none. */
  async last(): Promise<TrainEvent | null> {
    const text = await this.#read(Math.max(0, this.#bytes - TAIL), this.#bytes);
    for (const line of text.split("\n").reverse()) {
      try {
        return JSON.parse(line) as TrainEvent;
      } catch {
        // a torn line, or the empty one at the end
      }
    }
    return null;
  }

  async close(): Promise<void> {
    await this.#file.sync().catch(() => {}); // a full disk has been reported by now
    await this.#file.close();
  }

  #explain(error: unknown): never {
    throw explainFileError(error, { attempt: `write ${this.#path}` });
  }

  /** A part of the log, one character a byte. */
  async #read(begin: number, end: number): Promise<string> {
    const bytes = new Uint8Array(Math.max(0, Math.min(end, this.#bytes) - begin));
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, begin + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return new TextDecoder("latin1").decode(bytes.subarray(0, done));
  }
}
