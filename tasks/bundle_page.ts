/**
 * Bundles modules for web pages with esbuild, and lays the binaries beside them that they fetch.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname!, "..");
const BINARIES = [
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
  "@jsquash/webp/codec/dec/webp_dec.wasm",
];

/** What bundles are made of: each input with its imports, and those that were left outside. */
export interface BundleRecord {
  inputs: Record<string, { imports: { path: string; external?: boolean }[] }>;
}

/**
 * Bundles modules of this repository.
 *
 * @param entries From the names of the bundles, without ending, to paths from the root.
 * @throws {Error} If esbuild fails; the message has what it printed.
 */
export async function bundlePage(
  entries: Readonly<Record<string, string>>,
  folder: string,
): Promise<BundleRecord> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), "segadv-page-"));
  const record = join(scratch, "record.json");
  try {
    await promisify(execFile)("deno", [
      ...["run", "-A", "--no-config", "--node-modules-dir=none"],
      ...["--lock", "tasks/npm/deno.lock", "--frozen", "npm:esbuild@0.28.2"],
      ...Object.entries(entries).map(([name, path]) => `${name}=${path}`),
      ...["--bundle", "--minify", "--format=esm", "--platform=browser", "--target=es2023"],
      // Left outside, so that the record names whoever asks for them
      ...["--external:node:*", "--legal-comments=none", "--log-level=error"],
      ...[`--outdir=${folder}`, `--metafile=${record}`],
    ], { cwd: ROOT, env: { ...process.env, NO_COLOR: "1" } });
    const { resolve } = createRequire(join(ROOT, "mod.ts"));
    for (const binary of BINARIES) await copyFile(resolve(binary), join(folder, basename(binary)));
    return JSON.parse(await readFile(record, "utf8"));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** What was left outside, as `PATH imports NAME`: for a page there must be nothing. */
export function leftOutside({ inputs }: BundleRecord): string[] {
  return Object.entries(inputs).flatMap(([path, { imports }]) =>
    imports.filter(({ external }) => external).map((found) => `${path} imports ${found.path}`)
  );
}
