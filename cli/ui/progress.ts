/**
 * Progress: one line that is rewritten on a terminal, a line every few seconds in a log.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import type { TextStream } from "./terminal.ts";

/** Options of {@linkcode Progress}. */
export interface ProgressOptions {
  /**
   * Milliseconds between two lines of a log.
   * @default 10_000
   */
  interval?: number;
  /**
   * Milliseconds since any moment.
   * @default performance.now
   */
  now?: () => number;
}

/** A line of progress on a stream. */
export class Progress {
  readonly #stream: TextStream;
  readonly #interval: number;
  readonly #now: () => number;
  #lastLine: number;
  /** What stands in the line that will be rewritten. */
  #shown = "";

  /** Starts the clock; nothing is shown yet. */
  constructor(stream: TextStream, { interval = 10_000, now }: ProgressOptions = {}) {
    this.#stream = stream;
    this.#interval = interval;
    this.#now = now ?? (() => performance.now());
    this.#lastLine = this.#now();
  }

  /** Shows the newest state: at once on a terminal, if it is time for it in a log. */
  update(text: string): void {
    if (this.#stream.isTTY) {
      this.#rewrite(cut(text, this.#stream.columns - 1));
    } else if (this.#now() - this.#lastLine >= this.#interval) {
      this.#lastLine = this.#now();
      this.#stream.write(`${text}\n`);
    }
  }

  /** Writes a line that stays, above the progress. */
  print(line: string): void {
    const shown = this.#shown;
    this.clear();
    this.#stream.write(`${line}\n`);
    if (shown !== "") this.#rewrite(shown);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown !== "") this.#rewrite("");
  }

  #rewrite(text: string): void {
    this.#stream.write(`\r\x1b[2K${text}`);
    this.#shown = text;
  }
}

function cut(text: string, length: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length > length ? plain.slice(0, length) : text;
}
