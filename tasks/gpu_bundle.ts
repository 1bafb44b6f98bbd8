/**
 * Makes a folder that runs the benchmark, the numerics suite and a training run on a machine with
 * a GPU driver and no network: `deno run -A tasks/gpu_bundle.ts [FOLDER]`, by default
 * `runs/gpu_bundle`. On that machine, `sh start.sh`.
 *
 * Needs Linux on x86-64 and Debian's package `libvulkan1`.
 */
import { execFile, execFileSync } from "node:child_process";
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Most bytes of the folder. */
export const LIMIT = 67_000_000;

const ROOT = resolve(import.meta.dirname!, "..");
const PARTS = join(ROOT, "tasks/gpu_bundle");
const TESTS = join(ROOT, "tests/engine/webgpu");
/** Tests whose outcome depends on the adapter's arithmetic. */
const NUMERICS = /^(kernels\/.*|cases|dispatch|gemm|float16_storage|training_backend)_test\.ts$/;
/** The loader finds NVIDIA's driver by this where the container has no such file. */
const NVIDIA = {
  file_format_version: "1.0.0",
  ICD: { library_path: "libGLX_nvidia.so.0", api_version: "1.3.0" },
};

/** How a module names one that runs in a thread. */
const THREAD = /new URL\("\.\/([^"]+\.ts)", import\.meta\.url\)/g;
const JPEG = "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";

/** Options of {@linkcode buildGpuBundle}. */
export interface GpuBundleOptions {
  /** Effort of gzip, 1 to 9. */
  level?: number;
}

/**
 * Fills `folder` and returns its size in bytes.
 *
 * @throws {Error} If a part cannot be had, or the folder is too large.
 */
export async function buildGpuBundle(
  folder: string,
  { level = 9 }: GpuBundleOptions = {},
): Promise<number> {
  await mkdir(join(folder, "lib"), { recursive: true });
  const threads = await findThreads();
  const loader = findLoader();
  await Promise.all([
    bundle(folder, threads),
    compressDeno(join(folder, "deno.gz"), level),
    copyFile(await realpath(loader), join(folder, "lib/libvulkan.so.1")),
    copyFile("/usr/share/doc/libvulkan1/copyright", join(folder, "lib/libvulkan1.copyright")),
    copyFile(join(PARTS, "start.sh"), join(folder, "start.sh")),
    ...["pytorch_step.py", "webgpu_pytorch.py"].map((name) =>
      copyFile(join(ROOT, "bench", name), join(folder, name))
    ),
    // Where the decoder looks for it: beside the program.
    copyFile(fileURLToPath(import.meta.resolve(JPEG)), join(folder, basename(JPEG))),
    // Each is looked for beside the program.
    ...threads.map((path) => basename(path)).map((name) =>
      writeFile(
        join(folder, name),
        `globalThis.segadvThread = "${name}";\nawait import("./app.js");\n`,
      )
    ),
    writeFile(join(folder, "nvidia_icd.json"), JSON.stringify(NVIDIA)),
  ]);
  const bytes = await sizeOf(folder);
  if (bytes > LIMIT) {
    throw new Error(`Cannot ship ${folder}: it has ${bytes} bytes, more than ${LIMIT}`);
  }
  return bytes;
}

/** One file of everything: app, command line, engine, tests, data. */
async function bundle(folder: string, threads: string[]): Promise<void> {
  const load = (path: string): string => `import(${JSON.stringify(pathToFileURL(path).href)})`;
  const tests = (await readdir(TESTS, { recursive: true }))
    .filter((name) => NUMERICS.test(name)).sort();
  const lines = [
    "const threads = {",
    ...threads.map((path) => `  "${basename(path)}": () => ${load(path)},`),
    "};",
    "const thread = threads[globalThis.segadvThread];",
    "if (thread !== undefined) await thread();",
    "else {",
    `  const { runApp } = await ${load(join(PARTS, "app.ts"))};`,
    "  await runApp({ loadNumerics: async () => {",
    ...tests.map((name) => `    await ${load(join(TESTS, name))};`),
    "  } });",
    "}",
  ];
  const scratch = await mkdtemp(join(tmpdir(), "segadv-bundle-"));
  const entry = join(scratch, "entry.ts");
  await writeFile(entry, lines.join("\n"));
  const kind = ["--minify", "--platform=deno"];
  const args = ["bundle", "--quiet", "--no-check", ...kind];
  const config = ["--config", join(ROOT, "deno.json")];
  const output = ["--output", join(folder, "app.js"), entry];
  await promisify(execFile)(process.execPath, [...args, ...config, ...output])
    .finally(() => rm(scratch, { recursive: true }));
}

/** Modules of the library that run in threads. */
async function findThreads(): Promise<string[]> {
  const lib = join(ROOT, "lib");
  const names = (await readdir(lib, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const found = await Promise.all(names.map(async (name) => {
    const text = await readFile(join(lib, name), "utf8");
    return [...text.matchAll(THREAD)].map((match) => join(lib, dirname(name), match[1]!));
  }));
  return [...new Set(found.flat())].sort();
}

async function compressDeno(path: string, level: number): Promise<void> {
  const binary = await readFile(process.execPath);
  await writeFile(path, await promisify(gzip)(binary, { level }));
}

/** Path of the Vulkan loader. */
function findLoader(): string {
  const files = execFileSync("dpkg", ["-L", "libvulkan1"], { encoding: "utf8" }).split("\n");
  const found = files.find((path) => basename(path) === "libvulkan.so.1");
  if (found === undefined) {
    throw new Error("Cannot find the Vulkan loader: apt-get install libvulkan1");
  }
  return found;
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => {
    const { size, isFile } = await stat(join(folder, name)).then((s) => ({
      size: s.size,
      isFile: s.isFile(),
    }));
    return isFile ? size : 0;
  }));
  return sizes.reduce((a, b) => a + b, 0);
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(ROOT, "runs/gpu_bundle"));
  const bytes = await buildGpuBundle(folder);
  console.log(`${folder}: ${(bytes / 1e6).toFixed(1)} MB; on the other machine: sh start.sh`);
}
