import { CommanderError } from "@commander-js/extra-typings";
import { inspect } from "node:util";
import process from "node:process";
import type { TextStream } from "./ui/terminal.ts";

/** Exit code of a command that Ctrl-C ended, as shells have it. */
export const INTERRUPTED = 130;

/** A mistake in how a command was called. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Ends a command that has already reported how it ended. */
export class Exit extends Error {
  override name = "Exit";
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/**
 * Prints what went wrong, one line a fault, and gives the exit code: 2 for usage and configuration,
 * 1 for failures. SEGADV_DEBUG=1 adds where it came from.
 */
export function reportError(error: unknown, stream: TextStream): number {
  if (error instanceof Exit) return error.code;
  // Commander has written its message, and shows help by throwing too
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  for (const line of linesOf(error)) {
    stream.write(`${stream.paint("red", "error:")} ${line}\n`);
  }
  if (isDebugging()) stream.write(`${inspect(error)}\n`);
  return isConfigError(error) || error instanceof UsageError ? 2 : 1;
}

/** Without the permission to read the environment, only the message is printed. */
function isDebugging(): boolean {
  try {
    return Boolean(process.env.SEGADV_DEBUG);
  } catch {
    return false;
  }
}

/** By its name, as importing its class would load the whole library for every command. */
function isConfigError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ConfigError";
}

function linesOf(error: unknown): string[] {
  if (isConfigError(error)) return error.message.split("\n");
  const message = error instanceof Error ? error.message || error.name : String(error);
  return [message.replace(/\s*\n\s*/g, " ").trim()];
}
