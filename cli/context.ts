import type { Terminal, TextStream } from "./ui/terminal.ts";

/** What a command uses of its process. */
export interface Context {
  terminal: Terminal;
  /** Aborted when the user wants the command to end. */
  signal: AbortSignal;
}

/** The stream for text: stderr with `--json`, whose stdout holds the JSON alone. */
export function humanStream({ terminal }: Context, json: boolean | undefined): TextStream {
  return json === true ? terminal.err : terminal.out;
}

/** Writes the object that `--json` promises as the last line of stdout. */
export function writeJson({ terminal }: Context, value: unknown): void {
  terminal.out.write(`${JSON.stringify(value)}\n`);
}

/** Writes a warning. */
export function warn({ terminal: { err } }: Context, message: string): void {
  err.write(`${err.paint("yellow", "warning:")} ${message}\n`);
}
