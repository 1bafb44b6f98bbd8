import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname!, "../..");
const BINARIES = [
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
  "@jsquash/webp/codec/dec/webp_dec.wasm",
];

/** What a bundle is made of: its inputs, with the imports that were left outside. */
export interface BundleRecord {
  inputs: Record<string, { imports: { path: string; external?: boolean }[] }>;
}

/** Bundles a module for a page with esbuild into `folder`, and lays the binaries beside it. */
export async function bundleForPage(
  entry: string,
  { folder, name }: { folder: string; name: string },
): Promise<BundleRecord> {
  await mkdir(folder, { recursive: true });
  const record = join(folder, `${name}.meta.json`);
  const options = { cwd: ROOT, env: { ...process.env, NO_COLOR: "1" } };
  await promisify(execFile)("deno", [
    ...["run", "-A", "--no-config", "--node-modules-dir=none"],
    ...["--lock", "tasks/npm/deno.lock", "--frozen", "npm:esbuild@0.28.2", entry, "--bundle"],
    ...["--format=esm", "--platform=browser", "--external:node:*", "--tsconfig-raw={}"],
    ...[`--outfile=${join(folder, name)}`, `--metafile=${record}`, "--log-level=error", "--minify"],
  ], options);
  const { resolve } = createRequire(join(ROOT, "mod.ts"));
  for (const binary of BINARIES) await copyFile(resolve(binary), join(folder, basename(binary)));
  return JSON.parse(await readFile(record, "utf8"));
}
