/**
 * Builds the WASM engine's kernels from `lib/engine/wasm/assembly`, the table of jobs in
 * `lib/engine/wasm/jobs.ts` and the generators in `tasks/kernels`:
 * `deno run -A tasks/build_kernels.ts` writes `lib/engine/wasm/binaries.ts`; with `--check` it only
 * compares and fails on a difference.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import asc from "assemblyscript/asc";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { dispatchModule, jobsModule } from "./kernels/job_modules.ts";
import { microKernels } from "./kernels/micro_kernels.ts";
import { winogradTransforms } from "./kernels/winograd_transforms.ts";

const SOURCES = "lib/engine/wasm/assembly";
const TARGET = "lib/engine/wasm/binaries.ts";

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

/** Compiles one variant and returns the binary. */
async function compile(modules: Map<string, string>, relaxed: boolean): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const features = ["simd", "threads", "bulk-memory", ...(relaxed ? ["relaxed-simd"] : [])];
  const { error, stderr } = await asc.main([
    "index.ts",
    "--outFile",
    "kernels.wasm",
    "--runtime",
    "stub",
    "--importMemory",
    "--sharedMemory",
    "--initialMemory",
    "1",
    "--maximumMemory",
    "65536",
    "--noAssert",
    "-O3",
    "--converge",
    ...features.flatMap((name) => ["--enable", name]),
  ], {
    readFile: (name: string): string | null => modules.get(name.replace(/\.ts$/, "")) ?? null,
    writeFile: (_name: string, contents: string | Uint8Array): void => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`cannot compile ${SOURCES}: ${error}\n${stderr}`);
  return binary;
}

function constant(name: string, comment: string, binary: Uint8Array): string {
  const text = Buffer.from(binary).toString("base64");
  return `/** ${comment} */\nexport const ${name}: string =\n  "${text}";\n`;
}

const modules = await readModules();
const [plain, relaxed] = [await compile(modules, false), await compile(modules, true)];
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
