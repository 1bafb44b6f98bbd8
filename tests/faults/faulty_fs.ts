/**
 * `node:fs/promises` as the import map beside it puts in its place: it counts everything that
 * changes the disk, and lets it fail from a chosen one on.
 */
import * as real from "node:fs/promises";
import process from "node:process";

export * from "node:fs/promises";

/** How the disk fails: full from then on (half of a write still fits), or one operation, once. */
export type FaultKind = "ENOSPC" | "EIO";

/** What changed the disk, or was to, as `write checkpoint/.step-*.tmp`. */
const trace: string[] = [];
let fault: { kind: FaultKind; at: number } | null = null;
let root = "";

/** Starts a new trace of what happens below a folder. */
export function watchFolder(folder: string, wanted: typeof fault): void {
  trace.length = 0;
  root = folder;
  fault = wanted;
}

/** The operations since {@linkcode watchFolder}, in their order. */
export function tracedSites(): readonly string[] {
  return [...trace];
}

/** Operations that a full disk does not hinder. */
const FREES = new Set(["rm", "truncate", "rmdir", "unlink"]);

/** Counts an operation; gives the error that it must end in. */
function due(operation: string, path: unknown): Error | null {
  if (typeof path !== "string" || !path.startsWith(root) || root === "") return null;
  const short = path.slice(root.length + 1).replace(/[0-9a-f]{12,}/g, "*").replace(/\d{9}/, "*");
  trace.push(`${operation} ${short}`);
  if (fault === null) return null;
  const index = trace.length - 1;
  const fails = fault.kind === "EIO"
    ? index === fault.at
    : index >= fault.at && !FREES.has(operation);
  if (!fails) return null;
  const error = new Error(`${fault.kind}: injected, ${operation} '${path}'`);
  return Object.assign(error, { code: fault.kind, syscall: operation, path });
}

function guarded<A extends unknown[], R>(
  operation: string,
  action: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return (...args) => {
    const error = due(operation, args[operation === "link" || operation === "rename" ? 1 : 0]);
    return error === null ? action(...args) : Promise.reject(error);
  };
}

export const mkdir = guarded("mkdir", real.mkdir as typeof real.mkdir);
export const rename = guarded("rename", real.rename);
export const link = guarded("link", real.link);
export const rm = guarded("rm", real.rm);
export const rmdir = guarded("rmdir", real.rmdir);
export const unlink = guarded("unlink", real.unlink);
export const utimes = guarded("utimes", real.utimes);
export const cp = guarded("cp", real.cp);
export const copyFile = guarded("copyFile", real.copyFile);
export const symlink = guarded("symlink", real.symlink);

export async function writeFile(path: string, data: string | Uint8Array): Promise<void> {
  const error = due("writeFile", path);
  if (error === null) return await real.writeFile(path, data);
  await real.writeFile(path, half(data));
  throw error;
}

export async function open(path: string, flags = "r", mode?: number): Promise<real.FileHandle> {
  const error = flags === "r" ? null : due("open", path);
  if (error !== null) throw error;
  return guardedHandle(await real.open(path, flags, mode), path);
}

/** A file whose writes are counted. */
function guardedHandle(handle: real.FileHandle, path: string): real.FileHandle {
  const writers = new Set(["write", "writeFile", "appendFile", "truncate", "sync", "datasync"]);
  return new Proxy(handle, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const action = (value as (...args: unknown[]) => Promise<unknown>).bind(target);
      if (typeof name !== "string" || !writers.has(name)) return action;
      return async (...args: unknown[]) => {
        const error = due(name, path);
        if (error === null) return await action(...args);
        // A full disk takes what still fits
        if (name === "appendFile") await action(half(args[0] as string | Uint8Array));
        if (name === "write") {
          const [bytes, from, length, at] = args as [Uint8Array, number, number, number];
          await action(bytes, from, length >> 1, at);
        }
        throw error;
      };
    },
  });
}

function half<T extends string | Uint8Array>(data: T): T {
  const length = data.length >> 1;
  return (typeof data === "string" ? data.slice(0, length) : data.subarray(0, length)) as T;
}

// Deno's own open(), which takes the lock
const { Deno } = globalThis as unknown as {
  Deno?: { open(path: string, options: { write?: boolean }): Promise<unknown> };
};
if (Deno !== undefined && "deno" in process.versions) {
  const { open: openIt } = Deno;
  Deno.open = async (path, options) => {
    const error = options.write === true ? due("open", path) : null;
    if (error !== null) throw error;
    return await openIt.call(Deno, path, options);
  };
}

export default { ...real, mkdir, rename, link, rm, writeFile, open };
