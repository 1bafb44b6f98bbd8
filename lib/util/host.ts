/**
 * What a process has and a web page lacks: Node's own modules, of which only computing helpers are
 * asked for in this way. Files and folders are never: who needs them imports them.
 *
 * @module
 */
import type * as os from "node:os";

/** What is used of `process`, which Node, Deno and Bun have as a global. */
interface ProcessLike {
  getBuiltinModule?(name: string): unknown;
}

/** A module of Node's library, or `null` in a page. */
export function builtin<T>(name: `node:${string}`): T | null {
  const { process } = globalThis as { process?: ProcessLike };
  return (process?.getBuiltinModule?.(name) ?? null) as T | null;
}

/** Logical cores that this program may use. */
export function processorCount(): number {
  return builtin<typeof os>("node:os")?.availableParallelism() ??
    Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1);
}

/** The bytes of a base64 text. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
