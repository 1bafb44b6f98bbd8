/**
 * The two streams that a command writes to, apart from the process so that tests can read them.
 *
 * @module
 */
import process from "node:process";
import { styleText } from "node:util";

/** A style that `node:util`'s styleText knows. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** A stream for text. */
export interface TextStream {
  write(text: string): void;
  /** Resolves when all that was written has left the process. */
  flush(): Promise<void>;
  /** Why nothing more can be written, such as a full disk; `null` while all is well. */
  readonly failure: Error | null;
  /** Whether a line can be rewritten in place. */
  isTTY: boolean;
  /** Characters in a line. */
  columns: number;
  /** Whether styles are shown. */
  colors: boolean;
  /** The text in that style, or as it is where styles are not shown. */
  paint(style: Style, text: string): string;
}

/** The two streams of a process. */
export interface Terminal {
  /** The result of the command. */
  out: TextStream;
  /** Errors, warnings and progress; with `--json` all text. */
  err: TextStream;
}

/** The streams of this process; NO_COLOR and FORCE_COLOR decide before the terminal does. */
export function processTerminal(): Terminal {
  return { out: streamOf(process.stdout), err: streamOf(process.stderr) };
}

function streamOf(stream: NodeJS.WriteStream): TextStream {
  let failure: Error | null = null;
  let isClosed = false;
  const fail = (error: NodeJS.ErrnoException): void => {
    isClosed = true;
    // A reader that has seen enough, as in `segadv presets | head -1`, is no error
    if (error.code !== "EPIPE") failure ??= error;
  };
  stream.on("error", fail);
  const isTTY = stream.isTTY === true;
  const colors = showsColors(isTTY, process.env);
  let written = Promise.resolve();
  return {
    write(text) {
      // Streams keep their order, so the newest callback stands for all before it
      if (isClosed) return;
      written = new Promise((resolve) => {
        try {
          stream.write(harmless(text), () => resolve());
        } catch (error) {
          fail(error as NodeJS.ErrnoException);
          resolve();
        }
      });
    },
    flush: () => written,
    get failure() {
      return failure;
    },
    isTTY,
    get columns() {
      return stream.columns > 0 ? stream.columns : 80;
    },
    colors,
    paint: (style, text) => colors ? styleText(style, text, { validateStream: false }) : text,
  };
}

/** Control and direction characters, but for those that this program writes itself: styles, and the
 * start of a rewritten line. */
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const STEERING = /(^\r\x1b\[2K|\x1b\[\d+m|[\t\n])|[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** The text with `\u001b` and the like for what names and messages from files should not hold. */
export function harmless(text: string): string {
  return text.replace(STEERING, (character: string, ours: string | undefined) => {
    return ours ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function showsColors(isTTY: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0";
  if (env.NO_COLOR) return false;
  return isTTY && env.TERM !== "dumb";
}
