/**
 * Builds the WASM engine's kernels from `lib/engine/wasm/assembly`, the table of jobs in
 * `lib/engine/wasm/jobs.ts` and the generators in `tasks/kernels`:
 * `deno run -A tasks/build_kernels.ts` writes `lib/engine/wasm/binaries.ts`; with `--check` it only
 * compares and fails on a difference.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { dispatchModule, jobsModule } from "./kernels/job_modules.ts";
import { microKernels } from "./kernels/micro_kernels.ts";
import { winogradTransforms } from "./kernels/winograd_transforms.ts";

const SOURCES = "lib/engine/wasm/assembly";
const TARGET = "lib/engine/wasm/binaries.ts";
/**
 * The compiler and its lock file. They are no dependency of the package, as Deno installs everything
 * that deno.lock names before the first program runs, and the compiler has 100 MB.
 */
const COMPILER = "npm:assemblyscript@0.28.20/asc";
const LOCK = "tasks/kernels/deno.lock";

/** All AssemblyScript modules by their names without extension. */
async function readModules(): Promise<Map<string, string>> {
  const files = (await readdir(SOURCES)).filter((name) => name.endsWith(".ts"));
  const modules = new Map<string, string>();
  for (const name of files) {
    modules.set(basename(name, ".ts"), await readFile(join(SOURCES, name), "utf8"));
  }
  return modules
    .set("dispatch", dispatchModule(modules))
    .set("jobs", jobsModule())
    .set("micro", microKernels())
    .set("transforms", winogradTransforms());
}

/** Compiles one variant in a folder that has the modules as files, and returns the binary. */
async function compile(folder: string, relaxed: boolean): Promise<Uint8Array> {
  const features = ["simd", "threads", "bulk-memory", ...(relaxed ? ["relaxed-simd"] : [])];
  const flags = [
    ...["--runtime", "stub", "--importMemory", "--sharedMemory"],
    ...["--initialMemory", "1", "--maximumMemory", "65536", "--noAssert", "-O3", "--converge"],
    ...features.flatMap((name) => ["--enable", name]),
  ];
  const asc = ["run", "-A", "--no-config", "--lock", resolve(LOCK), "--frozen", COMPILER];
  const args = [...asc, "index.ts", "--outFile", "kernels.wasm", ...flags];
  await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(({ stderr }) => {
    throw new Error(`cannot compile ${SOURCES}:\n${stderr}`);
  });
  return await readFile(join(folder, "kernels.wasm"));
}

/** Compiles both variants. */
async function compileBoth(): Promise<[plain: Uint8Array, relaxed: Uint8Array]> {
  const folder = await mkdtemp(join(tmpdir(), "segadv-kernels-"));
  try {
    for (const [name, text] of await readModules()) {
      await writeFile(join(folder, `${name}.ts`), text);
    }
    return [await compile(folder, false), await compile(folder, true)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function constant(name: string, comment: string, binary: Uint8Array): string {
  const text = Buffer.from(binary).toString("base64");
  return `/** ${comment} */\nexport const ${name}: string =\n  "${text}";\n`;
}

const [plain, relaxed] = await compileBoth();
const text = [
  "// Built by tasks/build_kernels.ts from lib/engine/wasm/{assembly,jobs.ts}; do not edit.\n",
  "// deno-fmt-ignore-file\n",
  constant("PLAIN", "Kernels with separate multiply and add: bit-identical everywhere.", plain),
  constant(
    "RELAXED",
    "Kernels with relaxed multiply-add: faster, bits depend on the CPU.",
    relaxed,
  ),
].join("");

if (process.argv.includes("--check")) {
  if (await readFile(TARGET, "utf8") !== text) {
    throw new Error(`${TARGET} differs from its sources; run: deno run -A tasks/build_kernels.ts`);
  }
} else await writeFile(TARGET, text);
console.log(`plain ${plain.length} bytes, relaxed ${relaxed.length} bytes`);
