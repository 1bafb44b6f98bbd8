import { runCli } from "../../cli/create_cli.ts";
import type { TextStream } from "../../cli/ui/terminal.ts";

/** A stream that remembers. */
export interface RecordedStream extends TextStream {
  text: string;
}

/** A stream without styles, 100 characters wide. */
export function recordedStream(isTTY = false): RecordedStream {
  return {
    text: "",
    failure: null,
    isTTY,
    columns: 100,
    colors: false,
    write(text) {
      this.text += text;
    },
    flush: () => Promise.resolve(),
    paint: (_, text) => text,
  };
}

/** What a command line wrote, and its exit code. */
export interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs a command line in this process. */
export async function runHere(...args: string[]): Promise<Outcome> {
  const terminal = { out: recordedStream(), err: recordedStream() };
  const { signal } = new AbortController();
  const code = await runCli(args, { terminal, signal });
  return { code, out: terminal.out.text, err: terminal.err.text };
}
